// SPDX-License-Identifier: Apache-2.0
import type { SnapshotResource } from '../snapshot/snapshot.js';

/** The part of a snapshot that a difference needs. */
export interface ResourceSet {
  /** Content hash over all resources: equal hash, equal set. */
  readonly hash: string;
  /** By name, in sorted order of names. */
  readonly resources: ReadonlyMap<string, SnapshotResource>;
}

/**
 * What a worker is known to hold of one type: one shared set plus what differs from it. A worker that
 * follows a wildcard costs a pointer, however many resources it has.
 */
export interface Holding {
  readonly base: ResourceSet | undefined;
  /** Name → version held instead of the base's; undefined = not held, '' = held in an unknown version. */
  readonly exceptions: ReadonlyMap<string, string | undefined>;
}

export const NOTHING_HELD: Holding = { base: undefined, exceptions: new Map() };

/** Version of a resource on the worker, undefined when it has none. */
export function heldVersion(holding: Holding, name: string): string | undefined {
  if (holding.exceptions.has(name)) return holding.exceptions.get(name);
  return holding.base?.resources.get(name)?.hash;
}

/** What a list of names and versions says, kept as a plain map: for subscriptions by name. */
export function holdingOfVersions(versions: ReadonlyMap<string, string>): Holding {
  return versions.size === 0 ? NOTHING_HELD : { base: undefined, exceptions: versions };
}

/** The same, kept relative to the set that the worker most likely has already: for wildcards. */
export function holdingRelativeTo(
  base: ResourceSet,
  versions: ReadonlyMap<string, string>,
): Holding {
  if (versions.size === 0) return NOTHING_HELD;
  const exceptions = new Map<string, string | undefined>();
  for (const [name, resource] of base.resources) {
    const version = versions.get(name);
    if (version !== resource.hash) exceptions.set(name, version);
  }
  for (const [name, version] of versions) {
    if (!base.resources.has(name)) exceptions.set(name, version);
  }
  return { base, exceptions };
}

/** What is left after the client dropped everything but `names`. */
export function restrictHolding(holding: Holding, names: ReadonlySet<string>): Holding {
  const exceptions = new Map<string, string>();
  for (const name of names) {
    const version = heldVersion(holding, name);
    if (version !== undefined) exceptions.set(name, version);
  }
  return { base: undefined, exceptions };
}
