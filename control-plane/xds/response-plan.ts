// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { SnapshotResource } from '../snapshot/snapshot.js';
import { type Holding, heldVersion, type ResourceSet } from './holding.js';
import { isRejected, type Rejections } from './rejections.js';
import type { Reply, Subscription } from './subscription.js';

/** What one stream should hold of one type now. */
export interface TypeTarget {
  readonly set: ResourceSet;
  /** system_version_info: for people and reports, never compared with anything but itself. */
  readonly label: string;
  /** False: the worker keeps what it has beyond the set (its gateway is unknown here). */
  readonly removals: boolean;
}

/** What leads from one set to another; both lists sorted by name. */
export interface SetDifference {
  readonly resources: readonly SnapshotResource[];
  readonly removed: readonly string[];
}

/** Shared between streams by whoever passes it in; undefined = nothing held. */
export type Differ = (from: ResourceSet | undefined, to: ResourceSet) => SetDifference;

/** Answers that are due although nothing may have changed. */
export interface Owed {
  readonly reply: Reply;
  readonly names: ReadonlySet<string>;
}

export const NOTHING_OWED: Owed = { reply: 'none', names: new Set() };

export interface PlanInput {
  readonly subscription: Subscription;
  readonly holding: Holding;
  readonly rejections: Rejections;
  readonly owed: Owed;
  readonly target: TypeTarget;
}

/** One response, and what the worker holds once it accepts all of it. */
export interface ResponsePlan extends SetDifference {
  readonly target: TypeTarget;
  readonly after: Holding;
  /** Set when the response depends on nothing but two sets: the hash of the first, '' for none. */
  readonly sharedFrom: string | undefined;
}

/** The smallest response that brings a worker to its target and pays what is owed. */
export function planResponse(input: PlanInput, differ: Differ): ResponsePlan {
  if (!input.subscription.wildcard) return planByName(input);
  const { holding, target } = input;
  const difference = differ(holding.base, target.set);
  if (isUnexceptional(input)) {
    const after = { base: target.set, exceptions: holding.exceptions };
    const { resources, removed } = difference;
    return { resources, removed, target, after, sharedFrom: holding.base?.hash ?? '' };
  }
  const decision = decideEach(input, wildcardCandidates(input, difference));
  const after = { base: target.set, exceptions: decision.withheld };
  return { ...decision, target, after, sharedFrom: undefined };
}

/** Nothing about this stream but the two sets matters: by far the most frequent case. */
function isUnexceptional({ holding, rejections, owed, target }: PlanInput): boolean {
  return (
    target.removals &&
    holding.exceptions.size === 0 &&
    rejections.size === 0 &&
    owed.names.size === 0 &&
    owed.reply !== 'all'
  );
}

function wildcardCandidates(input: PlanInput, difference: SetDifference): Set<string> {
  const { holding, owed, target } = input;
  const names = new Set<string>(difference.removed);
  for (const resource of difference.resources) names.add(resource.name);
  for (const name of holding.exceptions.keys()) names.add(name);
  for (const name of owed.names) names.add(name);
  if (owed.reply === 'all') for (const name of target.set.resources.keys()) names.add(name);
  return names;
}

function planByName(input: PlanInput): ResponsePlan {
  const { holding, owed, subscription, target } = input;
  const held = new Map(holding.exceptions);
  const names = new Set([...subscription.names, ...owed.names]);
  for (const name of held.keys()) {
    // A resource that exists but is not subscribed is none of this stream's business.
    if (!target.set.resources.has(name)) names.add(name);
  }
  const decision = decideEach(input, names);
  for (const resource of decision.resources) held.set(resource.name, resource.hash);
  for (const name of decision.removed) held.delete(name);
  const after = { base: undefined, exceptions: held };
  return { ...decision, target, after, sharedFrom: undefined };
}

interface Decision extends SetDifference {
  /** Names that stay different although the response is accepted, with the version held. */
  readonly withheld: ReadonlyMap<string, string | undefined>;
}

function decideEach(input: PlanInput, candidates: ReadonlySet<string>): Decision {
  const resources: SnapshotResource[] = [];
  const removed: string[] = [];
  const withheld = new Map<string, string | undefined>();
  for (const name of [...candidates].sort(compareText)) {
    switch (decideOne(input, name)) {
      case 'nothing':
        break;
      case 'withhold':
        withheld.set(name, heldVersion(input.holding, name));
        break;
      case 'remove':
        removed.push(name);
        break;
      case 'send': {
        const resource = input.target.set.resources.get(name);
        if (resource !== undefined) resources.push(resource);
        break;
      }
    }
  }
  return { resources, removed, withheld };
}

function decideOne(input: PlanInput, name: string): 'nothing' | 'send' | 'remove' | 'withhold' {
  const { holding, owed, rejections, target } = input;
  const held = heldVersion(holding, name);
  const wanted = target.set.resources.get(name)?.hash;
  // An explicit question is answered whatever we believe, a refused content included: the client may have forgotten (R12).
  const asked = owed.names.has(name) || (owed.reply === 'all' && wanted !== undefined);
  if (!asked && held === wanted) return 'nothing';
  if (!asked && isRejected(rejections, name, wanted)) return 'withhold';
  if (wanted !== undefined) return 'send';
  return held !== undefined && !target.removals ? 'withhold' : 'remove';
}
