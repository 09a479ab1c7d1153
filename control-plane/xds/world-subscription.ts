// SPDX-License-Identifier: Apache-2.0
import { type Subscription, WILDCARD } from './subscription.js';

/** What a state-of-the-world stream wants of one type: what the list of its last request says. */
export interface WorldSubscription extends Subscription {
  /** No name was ever given: an empty list still means everything. Afterwards it means nothing (R10). */
  readonly isLegacy: boolean;
}

export interface WorldSubscriptionStep {
  readonly subscription: WorldSubscription;
  /** Names that were not in the list before, `*` not among them: they are answered even if nothing changed (R15). */
  readonly added: readonly string[];
  /** `*` was not in the list before. */
  readonly isWildcardNew: boolean;
}

const LEGACY: WorldSubscription = { wildcard: true, names: new Set(), isLegacy: true };

/** The first request of a type on a stream. */
export function openWorldSubscription(list: readonly string[]): WorldSubscriptionStep {
  if (list.length === 0) return { subscription: LEGACY, added: [], isWildcardNew: true };
  return changeWorldSubscription({ wildcard: false, names: new Set(), isLegacy: false }, list);
}

/** Any later request: its list replaces the one before, so what is not in it is unsubscribed. */
export function changeWorldSubscription(
  current: WorldSubscription,
  list: readonly string[],
): WorldSubscriptionStep {
  const isSame = current.isLegacy ? list.length === 0 : isSameList(current, list);
  if (isSame) return { subscription: current, added: [], isWildcardNew: false };
  const names = new Set(list);
  const wildcard = names.delete(WILDCARD);
  const isWildcardNew = wildcard && (!current.wildcard || current.isLegacy);
  const added = [...names].filter((name) => !current.names.has(name));
  return { subscription: { wildcard, names, isLegacy: false }, added, isWildcardNew };
}

/** Acknowledgements repeat the whole list, and most lists never change. */
function isSameList({ names, wildcard }: Subscription, list: readonly string[]): boolean {
  if (list.length !== names.size + (wildcard ? 1 : 0)) return false;
  const isKnown = (name: string): boolean => (name === WILDCARD ? wildcard : names.has(name));
  return list.every(isKnown) && new Set(list).size === list.length;
}
