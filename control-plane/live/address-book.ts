// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { Address } from '../../shared/proto/gen/istio/workload/Address.js';
import { hashResources, snapshotResource } from '../snapshot/build-snapshot.js';
import type { SnapshotResource } from '../snapshot/snapshot.js';
import type { NamedAddress } from './service-addresses.js';

/** An immutable set of address resources; equal hash, equal content. */
export interface AddressSet {
  readonly hash: string;
  /** By name, in sorted order of names. */
  readonly resources: ReadonlyMap<string, SnapshotResource>;
}

/** The address resources of one Service, with what is needed to make the next ones. */
export interface ServiceSet extends AddressSet {
  readonly fingerprints: ReadonlyMap<string, string>;
}

export const NO_ADDRESSES: AddressSet = { hash: '', resources: new Map() };

/** The set after a change: what says the same as before is the same resource, and is not even encoded. */
export function nextServiceSet(
  before: ServiceSet | undefined,
  addresses: readonly NamedAddress[],
  encode: (message: Address) => Uint8Array,
): ServiceSet {
  const resources = new Map<string, SnapshotResource>();
  const fingerprints = new Map<string, string>();
  for (const { name, fingerprint, toMessage } of addresses) {
    const known =
      before?.fingerprints.get(name) === fingerprint ? before.resources.get(name) : undefined;
    resources.set(name, known ?? snapshotResource(name, encode(toMessage())));
    fingerprints.set(name, fingerprint);
  }
  return { hash: hashResources(resources.values()), resources, fingerprints };
}

/** Several Services' sets as one. No resource is in two of them. */
export function joinServiceSets(sets: readonly ServiceSet[]): AddressSet {
  if (sets.length === 0) return NO_ADDRESSES;
  const resources = sets
    .flatMap((set) => [...set.resources.values()])
    .sort((a, b) => compareText(a.name, b.name));
  const hash = hashResources(sets.map((set, index) => ({ name: String(index), hash: set.hash })));
  return { hash, resources: new Map(resources.map((resource) => [resource.name, resource])) };
}
