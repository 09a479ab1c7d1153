// SPDX-License-Identifier: Apache-2.0
import type { HttpRoutePlan } from '../engine/plan.js';
import {
  type Condition,
  compileConditions,
  compilePattern,
  type RequestFacts,
} from './match-conditions.js';
import { prefixKey } from './route-order.js';

interface Candidate {
  readonly route: HttpRoutePlan;
  /** Place in the order of precedence. */
  readonly rank: number;
  readonly condition: Condition | undefined;
}

interface PatternCandidate extends Candidate {
  readonly matchesPath: (path: string) => boolean;
}

/**
 * The matches of one hostname. Exact paths and prefixes by element (`/a` covers `/a` and `/a/b`, not `/ab`) are looked up; what
 * is scanned is the matches of one and the same path, which differ in their conditions, and regular expressions.
 */
export class PathTable {
  readonly #exact = new Map<string, Candidate[]>();
  readonly #prefixes = new Map<string, Candidate[]>();
  readonly #patterns: PatternCandidate[] = [];
  /** No prefix is longer: a path of a thousand slashes costs no more than one as long as this. */
  #longestPrefix = 0;

  /** Matches come in their order of precedence. */
  add(route: HttpRoutePlan, rank: number): void {
    const { type, value } = route.pathMatch;
    const candidate: Candidate = { route, rank, condition: compileConditions(route) };
    if (type === 'regex') {
      this.#patterns.push({ ...candidate, matchesPath: compilePattern(value) });
    } else if (type === 'exact') {
      addTo(this.#exact, value, candidate);
    } else {
      const key = prefixKey(value);
      this.#longestPrefix = Math.max(this.#longestPrefix, key.length);
      addTo(this.#prefixes, key, candidate);
    }
  }

  match(facts: RequestFacts): HttpRoutePlan | undefined {
    const exact = firstThatHolds(this.#exact.get(facts.path), facts);
    if (exact !== undefined) return exact.route;
    const prefix = this.#matchPrefix(facts);
    if (this.#patterns.length === 0) return prefix?.route;
    return (this.#matchPattern(facts, prefix?.rank ?? Number.POSITIVE_INFINITY) ?? prefix)?.route;
  }

  /** From the longest down: a shorter prefix never comes before a longer one. */
  #matchPrefix(facts: RequestFacts): Candidate | undefined {
    const { path } = facts;
    let prefix = path.endsWith('/') ? path.slice(0, -1) : path;
    if (prefix.length > this.#longestPrefix) {
      prefix = path.slice(0, Math.max(0, path.lastIndexOf('/', this.#longestPrefix)));
    }
    while (prefix !== '') {
      const found = firstThatHolds(this.#prefixes.get(prefix), facts);
      if (found !== undefined) return found;
      prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
    }
    return firstThatHolds(this.#prefixes.get(''), facts);
  }

  #matchPattern(facts: RequestFacts, before: number): Candidate | undefined {
    for (const candidate of this.#patterns) {
      if (candidate.rank > before) return undefined;
      // The condition first: it is the cheaper of the two.
      if (candidate.condition !== undefined && !candidate.condition(facts)) continue;
      if (candidate.matchesPath(facts.path)) return candidate;
    }
    return undefined;
  }
}

function addTo(table: Map<string, Candidate[]>, key: string, candidate: Candidate): void {
  const existing = table.get(key);
  if (existing === undefined) table.set(key, [candidate]);
  else existing.push(candidate);
}

function firstThatHolds(
  candidates: readonly Candidate[] | undefined,
  facts: RequestFacts,
): Candidate | undefined {
  if (candidates === undefined) return undefined;
  for (const candidate of candidates) {
    if (candidate.condition === undefined || candidate.condition(facts)) return candidate;
  }
  return undefined;
}
