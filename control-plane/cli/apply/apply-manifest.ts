// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Manifest } from '../../source/manifests/read-manifests.js';
import type { ApiClient, WriteSettings } from '../client/api-client.js';
import { type Difference, diffObjects } from './diff.js';

export interface Applied {
  readonly outcome: 'created' | 'configured' | 'unchanged';
  /** Empty unless configured, and also when only values of a Secret changed: reads do not show them. */
  readonly differences: readonly Difference[];
  readonly warnings: readonly string[];
}

/** Tries when others write the same object between our read and our write. */
const MAX_TRIES = 5;

/**
 * Makes the server hold exactly this manifest: what the manifest does not say is removed. Another
 * writer's change between read and write is read again, unless the manifest itself names a version.
 */
export async function applyManifest(
  client: ApiClient,
  manifest: Manifest,
  settings: WriteSettings,
): Promise<Applied> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await applyOnce(client, manifest, settings);
    } catch (thrown) {
      const isRace = thrown instanceof HeartlineError && RACES.has(thrown.code);
      const pinned = manifest.object.metadata['resourceVersion'] !== undefined;
      if (!isRace || pinned || attempt === MAX_TRIES) throw thrown;
    }
  }
}

/** Created, changed or deleted by somebody else between our two requests. */
const RACES: ReadonlySet<string> = new Set(['ALREADY_EXISTS', 'CONFLICT', 'NOT_FOUND']);

async function applyOnce(
  client: ApiClient,
  manifest: Manifest,
  settings: WriteSettings,
): Promise<Applied> {
  const before = await client.get(manifest);
  if (before === undefined) {
    const { warnings } = await client.create(manifest, manifest.object, settings);
    return { outcome: 'created', differences: [], warnings };
  }
  const { resourceVersion } = before.metadata;
  const object = {
    ...manifest.object,
    metadata: { resourceVersion, ...manifest.object.metadata },
  };
  const { object: after, warnings } = await client.replace(manifest, object, settings);
  const differences = diffObjects(before, after);
  const isSame =
    differences.length === 0 && after.metadata.generation === before.metadata.generation;
  const outcome = isSame ? 'unchanged' : 'configured';
  return { outcome, differences, warnings };
}
