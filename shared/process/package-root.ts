// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HeartlineError } from '../errors/heartline-error.js';

const PACKAGE_NAME = 'heartline';

/**
 * The directory of Heartline's own package.json, found by walking up from a source file or directory (pass `import.meta.url`).
 * The same from sources, from dist/ and from an installed package, so that proto/ and deploy/ are found in all three.
 */
export function packageRoot(from: string | URL): string {
  const start = from instanceof URL || from.startsWith('file:') ? fileURLToPath(from) : from;
  for (let dir = start; ; dir = dirname(dir)) {
    if (packageNameIn(dir) === PACKAGE_NAME) return dir;
    if (dir === dirname(dir)) {
      throw new HeartlineError(
        'CONFIG',
        `no package.json named "${PACKAGE_NAME}" in any directory above ${start}; install the package again`,
        { subject: start },
      );
    }
  }
}

/** undefined when the directory has no readable package.json; then the search goes on above it. */
function packageNameIn(dir: string): unknown {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null && 'name' in manifest
      ? manifest.name
      : undefined;
  } catch {
    // Most directories on the way have none; the caller fails with a sentence when no directory has one.
    return undefined;
  }
}
