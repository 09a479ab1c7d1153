// SPDX-License-Identifier: Apache-2.0
import {
  type Holding,
  heldVersion,
  holdingOfVersions,
  holdingRelativeTo,
  restrictHolding,
} from './holding.js';
import {
  dropOutdated,
  NO_REJECTIONS,
  NOTHING_CARRIED,
  type Rejection,
  type Rejections,
  standingProblems,
} from './rejections.js';
import {
  type Differ,
  NOTHING_OWED,
  type Owed,
  planResponse,
  type ResponsePlan,
  type TypeTarget,
} from './response-plan.js';
import {
  changeSubscription,
  type NameChanges,
  openSubscription,
  type Reply,
  type Subscription,
} from './subscription.js';
import type { AdvanceStep, RequestStep, TypeProtocol } from './type-protocol.js';
import { readVerdict, type Verdict } from './verdict.js';

interface TypeFacts {
  readonly subscription: Subscription;
  /** As of the last response that was acknowledged, in whole or in part. */
  readonly holding: Holding;
  readonly rejections: Rejections;
  readonly owed: Owed;
}

/** One response that waits for its acknowledgement. */
export interface SentResponse {
  readonly nonce: string;
  readonly plan: ResponsePlan;
}

/**
 * One type on one stream; before its first request there is none.
 * settled: nothing is out. waiting: one response is out, and nothing more is sent until it is answered.
 */
export type TypeStream =
  | (TypeFacts & { readonly phase: 'settled'; readonly label: string | undefined })
  | (TypeFacts & { readonly phase: 'waiting'; readonly sent: SentResponse });

/** The fields of a DeltaDiscoveryRequest that matter here. */
export interface TypeRequest {
  readonly typeUrl?: string;
  readonly resourceNamesSubscribe: readonly string[];
  readonly resourceNamesUnsubscribe: readonly string[];
  readonly initialResourceVersions?: { readonly [name: string]: string };
  readonly responseNonce?: string;
  readonly errorDetail?: { readonly message?: string };
}

/**
 * The first request of a type. Its nonce, if any, is of an earlier stream and means nothing here; its
 * versions are what the worker kept from that stream, and `rejections` what it refused on any.
 */
function openTypeStream(
  request: TypeRequest,
  target: TypeTarget,
  rejections: Rejections,
): TypeStream {
  const { subscription, reply, answer } = openSubscription(nameChanges(request));
  const versions = new Map(Object.entries(request.initialResourceVersions ?? {}));
  const holding = subscription.wildcard
    ? holdingRelativeTo(target.set, versions)
    : holdingOfVersions(versions);
  // The difference already answers for every name the worker told us a version of.
  const names = new Set(answer.filter((name) => !versions.has(name)));
  const owed = { reply, names };
  return { phase: 'settled', subscription, holding, rejections, owed, label: undefined };
}

/**
 * Any later request of the type. An answer to anything but the response that is out is stale and says
 * nothing; changes of the subscription count in every request (R7).
 */
function receiveTypeRequest(stream: TypeStream, request: TypeRequest): RequestStep<TypeStream> {
  const subscribed = applyNameChanges(stream, nameChanges(request));
  if (subscribed.phase !== 'waiting' || request.responseNonce !== subscribed.sent.nonce) {
    return { stream: subscribed };
  }
  const { plan } = subscribed.sent;
  const verdict = readVerdict(request.errorDetail, (name) => carriedNames(plan).includes(name));
  return settle(subscribed, plan, verdict);
}

/**
 * Brings the type towards its target; while a response is out, a newer target simply waits for its turn.
 * `nonce` is used when a response is due.
 */
function advanceTypeStream(
  stream: TypeStream,
  target: TypeTarget,
  nonce: string,
  differ: Differ,
): AdvanceStep<TypeStream, ResponsePlan> {
  if (stream.phase === 'waiting' || isAtTarget(stream, target)) return { stream };
  const { subscription, holding, owed } = stream;
  const rejections = dropOutdated(stream.rejections, target.set);
  const plan = planResponse({ subscription, holding, rejections, owed, target }, differ);
  if (!isDue(stream, plan)) {
    return { stream: rejections === stream.rejections ? stream : { ...stream, rejections } };
  }
  const sent = { nonce, plan };
  return {
    stream: { phase: 'waiting', subscription, holding, rejections, owed: NOTHING_OWED, sent },
    sent,
  };
}

/** Every worker is, after every acknowledgement: seen without planning a response. */
function isAtTarget(stream: TypeStream & { phase: 'settled' }, target: TypeTarget): boolean {
  const { subscription, holding, rejections, owed, label } = stream;
  return (
    holding.base === target.set &&
    holding.exceptions.size === 0 &&
    rejections.size === 0 &&
    owed.reply === 'none' &&
    owed.names.size === 0 &&
    subscription.wildcard &&
    label === target.label
  );
}

/** Whether the client took what is out is not known, which is true of every name in it. */
function supersedeTypeStream(stream: TypeStream, target: TypeTarget): TypeStream | undefined {
  if (stream.phase !== 'waiting') return undefined;
  const { subscription, holding, rejections, owed } = stream;
  const { plan } = stream.sent;
  const isNewest = plan.target.set.hash === target.set.hash && plan.target.label === target.label;
  if (isNewest && owed.reply === 'none' && owed.names.size === 0) return undefined;
  const exceptions = new Map(holding.exceptions);
  for (const name of carriedNames(plan)) exceptions.set(name, '');
  const uncertain = { base: holding.base, exceptions };
  return { phase: 'settled', subscription, holding: uncertain, rejections, owed, label: undefined };
}

/**
 * An empty response is written only when an answer is owed, or when a wildcard worker would otherwise
 * keep reporting the label of a version that is no longer the one it should run.
 */
function isDue(stream: TypeStream & { phase: 'settled' }, plan: ResponsePlan): boolean {
  if (plan.resources.length > 0 || plan.removed.length > 0) return true;
  if (stream.owed.reply !== 'none' || stream.owed.names.size > 0) return true;
  return stream.subscription.wildcard && plan.target.removals && stream.label !== plan.target.label;
}

function settle(
  stream: TypeStream & { phase: 'waiting' },
  plan: ResponsePlan,
  verdict: Verdict,
): RequestStep<TypeStream> {
  const { subscription, owed } = stream;
  const holding = heldAfter(stream.holding, plan, verdict);
  const rejections = rejectionsAfter(stream.rejections, plan, verdict);
  const { label } = plan.target;
  const settled: TypeStream = {
    phase: 'settled',
    subscription,
    holding: subscription.wildcard ? holding : restrictHolding(holding, subscription.names),
    rejections,
    owed,
    label,
  };
  const { warnings } = verdict;
  const problems = standingProblems(rejections);
  if (problems.length === 0)
    return { stream: settled, outcome: { kind: 'accepted', label, warnings } };
  return { stream: settled, outcome: { kind: 'rejected', label, problems, warnings } };
}

function heldAfter(before: Holding, plan: ResponsePlan, verdict: Verdict): Holding {
  switch (verdict.kind) {
    case 'accepted':
      return plan.after;
    case 'rejected':
      return before;
    case 'partly-rejected': {
      const exceptions = new Map(plan.after.exceptions);
      for (const { resource } of verdict.problems) {
        exceptions.set(resource, heldVersion(before, resource));
      }
      return { base: plan.after.base, exceptions };
    }
  }
}

function rejectionsAfter(before: Rejections, plan: ResponsePlan, verdict: Verdict): Rejections {
  if (before.size === 0 && verdict.kind === 'accepted') return NO_REJECTIONS;
  const carried = carriedNames(plan);
  const refused = refusedNames(carried, verdict);
  const after = new Map(before);
  after.delete(NOTHING_CARRIED);
  for (const name of carried.length === 0 ? refused.keys() : carried) {
    const reason = refused.get(name);
    if (reason === undefined) after.delete(name);
    else after.set(name, { hash: plan.target.set.resources.get(name)?.hash, ...reason });
  }
  return after.size === 0 ? NO_REJECTIONS : after;
}

function carriedNames({ resources, removed }: ResponsePlan): readonly string[] {
  return [...resources.map((resource) => resource.name), ...removed];
}

function refusedNames(
  carried: readonly string[],
  verdict: Verdict,
): ReadonlyMap<string, Omit<Rejection, 'hash'>> {
  switch (verdict.kind) {
    case 'accepted':
      return new Map();
    case 'partly-rejected':
      return new Map(
        verdict.problems.map(({ resource, ...reason }) => [resource, { ...reason, whole: false }]),
      );
    case 'rejected': {
      const message = verdict.problems.map((problem) => problem.message).join('; ');
      const names = carried.length === 0 ? [NOTHING_CARRIED] : carried;
      return new Map(names.map((name) => [name, { message, whole: true }]));
    }
  }
}

function applyNameChanges(stream: TypeStream, changes: NameChanges): TypeStream {
  const { subscription, reply, answer } = changeSubscription(stream.subscription, changes);
  if (subscription === stream.subscription) return stream;
  const names = new Set([...stream.owed.names, ...answer]);
  const owed = { reply: strongerReply(stream.owed.reply, reply), names };
  const changed = { ...stream, subscription, owed };
  return subscription.wildcard ? changed : dropUnwanted(changed);
}

/** The client forgets what it no longer names, and nobody needs an answer about it. */
function dropUnwanted(stream: TypeStream): TypeStream {
  const { names } = stream.subscription;
  const holding = restrictHolding(stream.holding, names);
  const stillOwed = new Set([...stream.owed.names].filter((name) => names.has(name)));
  const dropped = { ...stream, holding, owed: { ...stream.owed, names: stillOwed } };
  if (dropped.phase === 'settled') return dropped;
  const { nonce, plan } = dropped.sent;
  return { ...dropped, sent: { nonce, plan: { ...plan, after: afterDropping(plan, names) } } };
}

/**
 * Names given up while a response carries them: should the client want one back before it sees the
 * response, it may hold it or not. An unknown version is right in both cases.
 */
function afterDropping(plan: ResponsePlan, names: ReadonlySet<string>): Holding {
  const exceptions = new Map(restrictHolding(plan.after, names).exceptions);
  for (const { name } of plan.resources) if (!names.has(name)) exceptions.set(name, '');
  return { base: undefined, exceptions };
}

const REPLY_STRENGTH: Readonly<Record<Reply, number>> = { none: 0, any: 1, all: 2 };

function strongerReply(a: Reply, b: Reply): Reply {
  return REPLY_STRENGTH[a] >= REPLY_STRENGTH[b] ? a : b;
}

function nameChanges(request: TypeRequest): NameChanges {
  return {
    subscribe: request.resourceNamesSubscribe,
    unsubscribe: request.resourceNamesUnsubscribe,
  };
}

/** The rules of DeltaAggregatedResources. */
export const DELTA: TypeProtocol<TypeRequest, TypeStream, ResponsePlan> = {
  open: (request, target, _heldSet, rejections) => ({
    stream: openTypeStream(request, target, rejections),
  }),
  receive: receiveTypeRequest,
  advance: advanceTypeStream,
  supersede: supersedeTypeStream,
  rejections: (stream) => stream.rejections,
  countNames: (stream) => stream.subscription.names.size,
};
