// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../process/package-root.js';

/** The proto/ folder of this package. */
export function defaultProtoDir(): string {
  return join(packageRoot(import.meta.url), 'proto');
}

/** Every .proto file below `protoDir`, relative to it, sorted: what `import` lines in them are relative to as well. */
export function listProtoFiles(protoDir: string): string[] {
  return readdirSync(protoDir, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.proto'))
    .sort();
}
