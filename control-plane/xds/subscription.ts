// SPDX-License-Identifier: Apache-2.0

/** The name that stands for every resource of a type. */
export const WILDCARD = '*';

/** What the peer of one stream wants of one type. A wildcard may go together with explicit names. */
export interface Subscription {
  readonly wildcard: boolean;
  /** Explicit names, never `*`; kept also while no such resource exists, so that it is sent once it does. */
  readonly names: ReadonlySet<string>;
}

/** The part of a request that changes a subscription. */
export interface NameChanges {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
}

/**
 * What has to be answered even when nothing changed: `any` response at all, possibly an empty one, or
 * `all` resources of the type.
 */
export type Reply = 'none' | 'any' | 'all';

export interface SubscriptionStep {
  readonly subscription: Subscription;
  readonly reply: Reply;
  /** Names that need an answer each: the resource, or "there is none". */
  readonly answer: readonly string[];
}

/**
 * The first request of a type on a stream. Naming nothing means everything (legacy wildcard), and so
 * does `*`, also when it is unsubscribed in the same request: clients of Istio's style write it so, and
 * the reference control plane then serves everything.
 */
export function openSubscription(changes: NameChanges): SubscriptionStep {
  const names = new Set(changes.subscribe);
  const wildcard = names.delete(WILDCARD) || names.size === 0;
  return { subscription: { wildcard, names }, reply: 'any', answer: [...names] };
}

/**
 * Any later request, acknowledgement or not. A name that is unsubscribed and subscribed at once stays
 * subscribed and is answered: the client dropped it and wants it back.
 */
export function changeSubscription(current: Subscription, changes: NameChanges): SubscriptionStep {
  if (changes.subscribe.length === 0 && changes.unsubscribe.length === 0) {
    return { subscription: current, reply: 'none', answer: [] };
  }
  const wanted = new Set(changes.subscribe);
  const wildcard = keepsWildcard(current, wanted, changes.unsubscribe);
  const names = new Set(current.names);
  const answer: string[] = [];
  for (const name of changes.unsubscribe) {
    // Under a wildcard the client still cares about the name: it must learn whether the wildcard covers it.
    if (!wanted.has(name) && names.delete(name) && wildcard) answer.push(name);
  }
  for (const name of wanted) {
    if (name === WILDCARD) continue;
    names.add(name);
    answer.push(name);
  }
  return { subscription: { wildcard, names }, reply: wildcardReply(current, wanted), answer };
}

function keepsWildcard(
  current: Subscription,
  wanted: ReadonlySet<string>,
  unsubscribe: readonly string[],
): boolean {
  if (wanted.has(WILDCARD)) return true;
  return current.wildcard && !unsubscribe.includes(WILDCARD);
}

/** Asking for `*` again means "I may have forgotten"; asking for the first time is settled by the difference. */
function wildcardReply(current: Subscription, wanted: ReadonlySet<string>): Reply {
  if (!wanted.has(WILDCARD)) return 'none';
  return current.wildcard ? 'all' : 'any';
}
