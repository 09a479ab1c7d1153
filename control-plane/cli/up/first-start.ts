// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { packageRoot } from '../../../shared/process/package-root.js';
import { type Manifest, readManifests } from '../../source/manifests/read-manifests.js';
import { applyManifest } from '../apply/apply-manifest.js';
import type { ApiClient } from '../client/api-client.js';
import { UP_PORTS } from './ports.js';
import { writePrivateFile } from './private-file.js';

const EXAMPLE = 'deploy/examples/gateway.yaml';

/** What a data directory remembers of the example it was started with. */
interface ExampleRecord {
  /** Port of the httpbin sample that the backend was last set to. */
  readonly httpbinPort: number;
}

/**
 * Applies the example Gateway on the first start of a data directory, and never again: what a user deletes
 * stays deleted. When the sample moved to another port (--port-offset), a backend that still names its
 * old port follows.
 */
export async function applyExample(
  client: ApiClient,
  recordPath: string,
  httpbinPort: number,
): Promise<void> {
  const record = readRecord(recordPath);
  if (record?.httpbinPort === httpbinPort) return;
  const manifests = readExample();
  if (record === undefined) {
    for (const manifest of manifests) {
      const moved = withBackendPort(manifest, UP_PORTS.httpbin.port, httpbinPort);
      await applyUnlessOwned(client, moved, 'first start of heartline up');
    }
  } else {
    await moveBackend(client, manifests, record.httpbinPort, httpbinPort);
  }
  writePrivateFile(recordPath, `${JSON.stringify({ httpbinPort } satisfies ExampleRecord)}\n`);
}

/** What a manifest folder has of its own is not ours to say. */
async function applyUnlessOwned(
  client: ApiClient,
  manifest: Manifest,
  reason: string,
): Promise<void> {
  try {
    await applyManifest(client, manifest, { reason, dryRun: false });
  } catch (thrown) {
    if (!(thrown instanceof HeartlineError && thrown.code === 'OWNED_ELSEWHERE')) throw thrown;
  }
}

async function moveBackend(
  client: ApiClient,
  manifests: readonly Manifest[],
  from: number,
  to: number,
): Promise<void> {
  for (const manifest of manifests) {
    const current = await client.get(manifest);
    if (current === undefined) continue;
    const { resourceVersion: _, ...metadata } = current.metadata;
    const before = { ...manifest, object: { ...current, metadata: { ...metadata } } };
    const after = withBackendPort(before, from, to);
    if (after === before) continue;
    await applyUnlessOwned(client, after, 'the httpbin sample moved');
  }
}

/** The same manifest unless it is a static backend on port `from`. */
export function withBackendPort(manifest: Manifest, from: number, to: number): Manifest {
  const spec = manifest.object['spec'] as
    | { readonly static?: { readonly port?: number } }
    | undefined;
  if (from === to || spec?.static?.port !== from) return manifest;
  const moved = { ...spec, static: { ...spec.static, port: to } };
  return { ...manifest, object: { ...manifest.object, spec: moved } };
}

function readExample(): readonly Manifest[] {
  const text = readFileSync(join(packageRoot(import.meta.url), EXAMPLE), 'utf8');
  const rule = { namespace: 'default', enforced: false };
  const { manifests, problems } = readManifests([{ source: EXAMPLE, text }], rule);
  if (problems.length > 0) throw new HeartlineError('CONFIG', problems.join('\n  '));
  return manifests;
}

function readRecord(path: string): ExampleRecord | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ExampleRecord;
  } catch (cause) {
    throw new HeartlineError('CONFIG', `${path} is damaged; delete it to apply the example again`, {
      subject: path,
      cause,
    });
  }
}
