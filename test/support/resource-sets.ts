// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  type SnapshotResource,
  snapshotLabel,
  type VersionedSnapshot,
} from '../../control-plane/snapshot/snapshot.js';
import type { GatewayRef } from '../../shared/events/event.js';
import { compareText } from '../../shared/names/sort.js';

export const TEST_GATEWAY: GatewayRef = { cluster: 'local', namespace: 'httpbin', name: 'gw' };

/** A snapshot made by hand: `contents` maps names to any text, which stands for the encoded bytes. */
export function snapshotOf(
  contents: { readonly [name: string]: string },
  number = 1,
  gateway: GatewayRef = TEST_GATEWAY,
): VersionedSnapshot {
  const resources = Object.entries(contents)
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, content]) => resourceOf(name, content));
  const hash = digest(resources.map((resource) => `${resource.name}=${resource.hash}`).join('\n'));
  return {
    gateway,
    number,
    hash,
    label: snapshotLabel(number, hash),
    resources: new Map(resources.map((resource) => [resource.name, resource])),
  };
}

/** Version that `snapshotOf` gives to a resource of this content. */
export function versionOf(content: string): string {
  return digest(content).slice(0, 32);
}

function resourceOf(name: string, content: string): SnapshotResource {
  return { name, hash: versionOf(content), bytes: Buffer.from(content) };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
