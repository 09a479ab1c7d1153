// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { snapshotLabel, type VersionedSnapshot } from '../../control-plane/snapshot/snapshot.js';
import type { ResourceSet } from '../../control-plane/xds/holding.js';
import type { GatewayRef } from '../../shared/events/event.js';
import { compareText } from '../../shared/names/sort.js';

export const TEST_GATEWAY: GatewayRef = { cluster: 'local', namespace: 'httpbin', name: 'gw' };

/** A snapshot made by hand: `contents` maps names to any text, which stands for the encoded bytes. */
export function snapshotOf(
  contents: { readonly [name: string]: string },
  number = 1,
  gateway: GatewayRef = TEST_GATEWAY,
): VersionedSnapshot {
  const bytes = Object.entries(contents).map(([name, text]) => [name, Buffer.from(text)]);
  const set = setOfBytes(Object.fromEntries(bytes));
  return { gateway, number, label: snapshotLabel(number, set.hash), ...set };
}

/** The set of these bytes, by resource name. */
export function setOfBytes(contents: { readonly [name: string]: Uint8Array }): ResourceSet {
  const resources = Object.entries(contents)
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, bytes]) => ({ name, hash: shortDigest(bytes), bytes }));
  const hash = digest(resources.map((resource) => `${resource.name}=${resource.hash}`).join('\n'));
  return { hash, resources: new Map(resources.map((resource) => [resource.name, resource])) };
}

/** Version that `snapshotOf` gives to a resource of this content. */
export function versionOf(content: string): string {
  return shortDigest(content);
}

function shortDigest(content: string | Uint8Array): string {
  return digest(content).slice(0, 32);
}

function digest(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
