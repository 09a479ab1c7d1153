// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { SnapshotResource } from '../snapshot/snapshot.js';
import type { ResourceSet } from './holding.js';
import type { Rejections } from './rejections.js';
import type { Owed, TypeTarget } from './response-plan.js';
import type { Subscription } from './subscription.js';

/**
 * The state of the world of one type for one client, or what it has of it: a whole shared set, or a list
 * where the client differs from the others. A client that follows a wildcard costs a pointer.
 */
export type World =
  | { readonly kind: 'set'; readonly set: ResourceSet }
  /** By name, in sorted order of names. */
  | { readonly kind: 'list'; readonly resources: ReadonlyMap<string, SnapshotResource> };

export const EMPTY_WORLD: World = { kind: 'list', resources: new Map() };

/** By name, in sorted order of names. */
export function resourcesOf(world: World): ReadonlyMap<string, SnapshotResource> {
  return world.kind === 'set' ? world.set.resources : world.resources;
}

export function isSameWorld(a: World, b: World): boolean {
  if (a.kind === 'set' && b.kind === 'set') return a.set.hash === b.set.hash;
  const [ofA, ofB] = [resourcesOf(a), resourcesOf(b)];
  if (ofA.size !== ofB.size) return false;
  for (const [name, { hash }] of ofA) if (ofB.get(name)?.hash !== hash) return false;
  return true;
}

/** What is left for a client that wants these names alone. */
export function restrictWorld(world: World, { wildcard, names }: Subscription): World {
  if (wildcard) return world;
  const all = resourcesOf(world);
  return listOf(names, (name) => all.get(name));
}

/** The world with some names as they were in an earlier one, or absent where they were. */
export function revertNames(world: World, names: ReadonlySet<string>, earlier: World): World {
  const [now, before] = [resourcesOf(world), resourcesOf(earlier)];
  const all = new Set([...now.keys(), ...names]);
  return listOf(all, (name) => (names.has(name) ? before.get(name) : now.get(name)));
}

export interface WorldInput {
  readonly subscription: Subscription;
  readonly target: TypeTarget;
  /** What the client has; undefined = something that is not known here. */
  readonly accepted: World | undefined;
  readonly rejections: Rejections;
  readonly owed: Owed;
}

/**
 * What to say to a client for which absence means deletion, undefined when nothing can be said without
 * taking something away that must stay. In the place of a content that the client refused stands the last
 * one it accepted, and where nothing may be removed, all it has is part of the world.
 */
export function composeWorld(input: WorldInput): World | undefined {
  const { accepted, rejections, subscription, target } = input;
  if (!target.removals && accepted === undefined) return undefined;
  const isPlain = target.removals && ![...rejections.values()].some(({ whole }) => !whole);
  const whole: World = { kind: 'set', set: target.set };
  if (subscription.wildcard && isPlain) return whole;
  const before = resourcesOf(accepted ?? EMPTY_WORLD);
  const names = subscription.wildcard ? new Set(target.set.resources.keys()) : subscription.names;
  const kept = target.removals ? [] : before.keys();
  const list = listOf(new Set([...names, ...kept]), (name) => pick(input, name, before));
  return subscription.wildcard && isSameWorld(list, whole) ? whole : list;
}

function pick(
  { owed, rejections, target }: WorldInput,
  name: string,
  before: ReadonlyMap<string, SnapshotResource>,
): SnapshotResource | undefined {
  const wanted = target.set.resources.get(name);
  if (wanted === undefined) return target.removals ? undefined : before.get(name);
  const rejection = rejections.get(name);
  const isRefused = rejection?.hash === wanted.hash && !rejection.whole;
  // Whoever asks anew may have forgotten even what it refused.
  return isRefused && !owed.names.has(name) ? before.get(name) : wanted;
}

function listOf(
  names: ReadonlySet<string>,
  find: (name: string) => SnapshotResource | undefined,
): World {
  const resources = new Map<string, SnapshotResource>();
  for (const name of [...names].sort(compareText)) {
    const resource = find(name);
    if (resource !== undefined) resources.set(name, resource);
  }
  return { kind: 'list', resources };
}
