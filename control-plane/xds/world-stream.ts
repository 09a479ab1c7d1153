// SPDX-License-Identifier: Apache-2.0
import type { SnapshotResource } from '../snapshot/snapshot.js';
import { isFullState } from './full-state.js';
import type { ResourceSet } from './holding.js';
import { dropOutdated, NO_REJECTIONS, type Rejections, standingProblems } from './rejections.js';
import { type Differ, NOTHING_OWED, type Owed, type TypeTarget } from './response-plan.js';
import type { AdvanceStep, AnyPlan, RequestStep, TypeProtocol } from './type-protocol.js';
import { readVerdict } from './verdict.js';
import {
  composeWorld,
  EMPTY_WORLD,
  isSameWorld,
  resourcesOf,
  restrictWorld,
  revertNames,
  type World,
} from './world.js';
import { rejectionsAfter } from './world-rejections.js';
import {
  changeWorldSubscription,
  openWorldSubscription,
  type WorldSubscription,
  type WorldSubscriptionStep,
} from './world-subscription.js';

/** One response of the state of the world. */
export interface WorldPlan extends AnyPlan {
  /** All that the client should have once it accepts; the response carries less for types that are not full-state. */
  readonly world: World;
  /** DiscoveryResponse.version_info; only that of a whole set is ever recognized again. */
  readonly versionInfo: string;
  /** Content hash of the set that the response carries whole, whatever the stream. */
  readonly sharedSet: string | undefined;
}

interface WorldFacts {
  readonly isFullState: boolean;
  readonly subscription: WorldSubscription;
  /** What the client has, as its answers tell; undefined: something of an earlier stream that is not kept here. */
  readonly accepted: World | undefined;
  /** What the client was told and need not be told again, refused or not (R6); undefined before the first response. */
  readonly told: World | undefined;
  readonly rejections: Rejections;
  readonly owed: Owed;
  /** Of the last response; empty before the first. */
  readonly lastNonce: string;
}

/**
 * One type on one state-of-the-world stream.
 * settled: nothing is out. waiting: one response is out, and nothing more is sent until it is answered.
 */
export type WorldStream =
  | (WorldFacts & { readonly phase: 'settled'; readonly label: string | undefined })
  | (WorldFacts & { readonly phase: 'waiting'; readonly sent: WorldPlan });

/** The fields of a DiscoveryRequest that matter here. */
export interface WorldRequest {
  readonly typeUrl?: string;
  readonly versionInfo?: string;
  readonly resourceNames: readonly string[];
  readonly responseNonce?: string;
  readonly errorDetail?: { readonly message?: string };
}

/** The rules of StreamAggregatedResources. */
export const STATE_OF_THE_WORLD: TypeProtocol<WorldRequest, WorldStream, WorldPlan> = {
  open: openWorldStream,
  receive: receiveWorldRequest,
  advance: advanceWorldStream,
  supersede: supersedeWorldStream,
  rejections: (stream) => stream.rejections,
  countNames: (stream) => stream.subscription.names.size,
};

/**
 * The first request of a type. Its nonce is of an earlier stream and means nothing here (R4). Its version is
 * what the client kept from that stream: when that is the whole set it should have, and it asks for
 * everything again, nothing has to be sent (R21). A list of names says nothing about what came before it.
 * What it refused earlier is left out only when it is known what stands in its place: absence would delete that.
 * A set found by its label may lack what never enters history (key material), so it proves presence, never absence.
 */
function openWorldStream(
  request: WorldRequest,
  target: TypeTarget,
  heldSet: (label: string) => ResourceSet | undefined,
  rejections: Rejections,
): RequestStep<WorldStream> {
  const step = openWorldSubscription(request.resourceNames);
  const { versionInfo = '' } = request;
  const set = step.subscription.wildcard && versionInfo !== '' ? heldSet(versionInfo) : undefined;
  const isCurrent = set?.hash === target.set.hash && versionInfo === target.label;
  const found = set && (isCurrent || target.removals) ? { kind: 'set' as const, set } : undefined;
  const accepted = versionInfo === '' ? EMPTY_WORLD : found;
  const facts = {
    isFullState: isFullState(request.typeUrl ?? ''),
    subscription: step.subscription,
    ...{ accepted, lastNonce: '' },
    rejections: isCurrent ? NO_REJECTIONS : replaceable(rejections, accepted),
  };
  if (!isCurrent || step.added.length > 0) {
    const owed = owedAfter(NOTHING_OWED, step);
    return { stream: { phase: 'settled', ...facts, told: undefined, owed, label: undefined } };
  }
  const { label } = target;
  return {
    stream: { phase: 'settled', ...facts, told: accepted, owed: NOTHING_OWED, label },
    outcome: { kind: 'accepted', label, warnings: [] },
  };
}

/** The refusals in whose place something known can be sent: a client that has nothing needs nothing there. */
function replaceable(rejections: Rejections, accepted: World | undefined): Rejections {
  if (accepted === EMPTY_WORLD) return rejections;
  const known = resourcesOf(accepted ?? EMPTY_WORLD);
  return new Map([...rejections].filter(([name]) => known.has(name)));
}

/**
 * Any later request of the type. One with the nonce of an older response is stale and means nothing at all:
 * the client answers the newer one as well, with its whole list (R7).
 */
function receiveWorldRequest(stream: WorldStream, request: WorldRequest): RequestStep<WorldStream> {
  const { responseNonce: nonce = '' } = request;
  const { lastNonce } = stream;
  if (nonce !== '' && lastNonce !== '' && nonce !== lastNonce) return { stream };
  const isAnswer = stream.phase === 'waiting' && nonce === lastNonce;
  const { stream: settled, outcome } = isAnswer ? settle(stream, request) : { stream };
  const changed = applyList(settled, request.resourceNames);
  return outcome === undefined ? { stream: changed } : { stream: changed, outcome };
}

function advanceWorldStream(
  stream: WorldStream,
  target: TypeTarget,
  nonce: string,
  differ: Differ,
): AdvanceStep<WorldStream, WorldPlan> {
  if (stream.phase === 'waiting') return { stream };
  const rejections = dropOutdated(stream.rejections, target.set);
  const now = rejections === stream.rejections ? stream : forgive(stream, rejections);
  const plan = now.isFullState ? planWhole(now, target, differ) : planChanges(now, target);
  if (plan === undefined) return { stream: now };
  const { label: _, ...facts } = now;
  return {
    stream: { ...facts, phase: 'waiting', owed: NOTHING_OWED, lastNonce: nonce, sent: plan },
    sent: { nonce, plan },
  };
}

/** What the client has meanwhile is one of two things, so it is told everything, and keeps all that it may not lose. */
function supersedeWorldStream(stream: WorldStream, target: TypeTarget): WorldStream | undefined {
  if (stream.phase !== 'waiting') return undefined;
  const { sent, ...facts } = stream;
  const isNewest = sent.target.set.hash === target.set.hash && sent.target.label === target.label;
  if (isNewest && facts.owed.reply === 'none' && facts.owed.names.size === 0) return undefined;
  const before = facts.accepted;
  const either = before && revertNames(sent.world, new Set(resourcesOf(before).keys()), before);
  return { ...facts, phase: 'settled', accepted: either, told: undefined, label: undefined };
}

/** A response that carries changes alone has to bring back the companions of a refused content as well. */
function forgive(stream: Settled, rejections: Rejections): Settled {
  const { owed } = stream;
  const forgiven = [...stream.rejections.keys()].filter((name) => !rejections.has(name));
  const names = stream.isFullState ? owed.names : new Set([...owed.names, ...forgiven]);
  return { ...stream, rejections, owed: { reply: owed.reply, names } };
}

type Settled = WorldStream & { readonly phase: 'settled' };

/** Everything the client should have; undefined when it was told so already. */
function planWhole(stream: Settled, target: TypeTarget, differ: Differ): WorldPlan | undefined {
  const world = composeWorld({ ...stream, target });
  if (world === undefined) return undefined;
  const { label, owed, subscription, told } = stream;
  const isOwed = owed.reply !== 'none' || owed.names.size > 0;
  // Content that came back is nothing new, but a client that follows everything reports its version.
  const isRenamed = subscription.wildcard && target.removals && label !== target.label;
  if (!isOwed && !isRenamed && told !== undefined && isSameWorld(told, world)) return undefined;
  const isSet = world.kind === 'set';
  return {
    resources: isSet ? differ(undefined, world.set).resources : [...world.resources.values()],
    ...{ removed: [], target, world },
    versionInfo: isSet ? versionOf(target) : `${versionOf(target)}~part`,
    sharedSet: isSet ? world.set.hash : undefined,
  };
}

/** What changed of the subscribed names, and the names that are new; nothing is ever taken away (R16). */
function planChanges(stream: Settled, target: TypeTarget): WorldPlan | undefined {
  const { owed, subscription, told } = stream;
  const world = restrictWorld({ kind: 'set', set: target.set }, subscription);
  const before = resourcesOf(told ?? EMPTY_WORLD);
  const isDue = ({ name, hash }: SnapshotResource): boolean =>
    owed.names.has(name) || owed.reply === 'all' || before.get(name)?.hash !== hash;
  const resources = [...resourcesOf(world).values()].filter(isDue);
  const isOwed = owed.reply !== 'none' || owed.names.size > 0;
  if (!isOwed && resources.length === 0) return undefined;
  const versionInfo = versionOf(target);
  return { resources, removed: [], target, world, versionInfo, sharedSet: undefined };
}

/** Never empty: a client that reports no version has nothing. */
function versionOf({ label, set }: TypeTarget): string {
  return label || set.hash || 'empty';
}

function settle(
  stream: WorldStream & { phase: 'waiting' },
  request: WorldRequest,
): RequestStep<Settled> {
  const { sent: plan, ...facts } = stream;
  const carried = carriedBy(plan, stream.isFullState);
  const verdict = readVerdict(request.errorDetail, (name) => carried.has(name));
  const rejections = rejectionsAfter(stream.rejections, carried, verdict);
  const { label } = plan.target;
  const settled = { ...facts, phase: 'settled' as const, rejections, label };
  const { warnings } = verdict;
  const problems = standingProblems(rejections);
  const outcome =
    problems.length === 0
      ? { kind: 'accepted' as const, label, warnings }
      : { kind: 'rejected' as const, label, problems, warnings };
  // Names may have been given up while the response was on its way.
  const world = restrictWorld(plan.world, stream.subscription);
  switch (verdict.kind) {
    case 'accepted':
      return { stream: { ...settled, accepted: world, told: world }, outcome };
    case 'rejected':
      return { stream: { ...settled, told: world }, outcome };
    case 'partly-rejected': {
      const refused = new Set(verdict.problems.map((problem) => problem.resource));
      const kept = revertNames(world, refused, stream.accepted ?? EMPTY_WORLD);
      // Types that are not full-state leave refused content out by having told it.
      const told = stream.isFullState ? kept : world;
      return { stream: { ...settled, accepted: kept, told }, outcome };
    }
  }
}

/** The resources of a response by name; a whole world is its own index, however large. */
function carriedBy(
  { resources, world }: WorldPlan,
  isWhole: boolean,
): ReadonlyMap<string, SnapshotResource> {
  if (isWhole) return resourcesOf(world);
  return new Map(resources.map((resource) => [resource.name, resource]));
}

function applyList(stream: WorldStream, list: readonly string[]): WorldStream {
  const step = changeWorldSubscription(stream.subscription, list);
  const { subscription } = step;
  if (subscription === stream.subscription) return stream;
  const changed = { ...stream, subscription, owed: owedAfter(stream.owed, step) };
  if (subscription.wildcard) return changed;
  const { names } = subscription;
  const owed = {
    reply: changed.owed.reply,
    names: new Set([...changed.owed.names].filter((name) => names.has(name))),
  };
  const { accepted, told, rejections } = stream;
  return {
    ...changed,
    owed,
    accepted: accepted && restrictWorld(accepted, subscription),
    told: told && restrictWorld(told, subscription),
    rejections: new Map([...rejections].filter(([name]) => name === '' || names.has(name))),
  };
}

function owedAfter(before: Owed, { added, isWildcardNew }: WorldSubscriptionStep): Owed {
  const reply = isWildcardNew ? 'all' : before.reply;
  return added.length === 0
    ? { reply, names: before.names }
    : { reply, names: new Set([...before.names, ...added]) };
}
