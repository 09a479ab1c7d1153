// SPDX-License-Identifier: Apache-2.0
import { parsePattern } from '../../shared/patterns/pattern.js';
import type { BackendPolicySpec } from '../../shared/proto/gen/agentgateway/dev/resource/BackendPolicySpec.js';
import type { TrafficPolicySpec } from '../../shared/proto/gen/agentgateway/dev/resource/TrafficPolicySpec.js';
import type { BackendRef, HttpMatch, RouteRule } from '../policy/route-spec.js';
import { compileBackendFilters, compileRuleFilters, compileTimeouts } from './route-filters.js';

/** A backendRef with the policies that go along; refused, its share of the requests gets 500. */
export interface PlannedRef {
  readonly ref: BackendRef;
  readonly policies: readonly BackendPolicySpec[];
  readonly isRefused: boolean;
}

/**
 * What becomes of one rule: served as written, answered with 500 because a filter cannot be had, or left out because no match is
 * left (sent without a match it would take every request).
 */
export interface PlannedRule {
  readonly state: 'served' | 'refused' | 'dropped';
  readonly matches: readonly HttpMatch[];
  readonly policies: readonly TrafficPolicySpec[];
  readonly refs: readonly PlannedRef[];
  /** What the rule asks for and does not get. */
  readonly notes: readonly string[];
}

/** `field` is where the rule stands, e.g. `spec.rules[0]`. */
export function planRule(rule: RouteRule, field: string): PlannedRule {
  const given = rule.matches ?? [];
  const matches = given.filter((match) => patternProblems(match, '').length === 0);
  const filters = compileRuleFilters(rule.filters ?? [], `${field}.filters`);
  const isDropped = given.length > 0 && matches.length === 0;
  const isRefused = filters.problems.length > 0;
  const refs = (rule.backendRefs ?? []).map((ref, index) =>
    planRef(ref, `${field}.backendRefs[${index}]`),
  );
  const notes = [
    ...given.flatMap((match, index) => patternProblems(match, `${field}.matches[${index}]`)),
    ...(isDropped ? [`${field} has no match left and is left out`] : []),
    ...filters.problems.map((problem) => `${problem}, so the rule answers 500`),
    ...filters.notes,
    ...refs.flatMap((ref) => ref.notes),
    ...unservedFields(rule, field),
  ];
  return {
    state: isDropped ? 'dropped' : isRefused ? 'refused' : 'served',
    matches,
    policies: isRefused ? [] : [...filters.policies, ...compileTimeouts(rule.timeouts)],
    refs: isRefused ? [] : refs,
    notes,
  };
}

function planRef(
  ref: BackendRef,
  field: string,
): PlannedRef & { readonly notes: readonly string[] } {
  const { policies, problems, notes } = compileBackendFilters(
    ref.filters ?? [],
    `${field}.filters`,
  );
  const refusals = problems.map((problem) => `${problem}, so its share of the requests gets 500`);
  return { ref, policies, isRefused: problems.length > 0, notes: [...refusals, ...notes] };
}

/** A match with a regular expression that is none can never hold. */
function patternProblems({ path, headers = [], queryParams = [] }: HttpMatch, field: string) {
  const named = (list: typeof headers, name: string) =>
    list.map((match, index) => ({ ...match, field: `${name}[${index}]` }));
  const conditions = [
    ...(path === undefined ? [] : [{ ...path, field: 'path' }]),
    ...named(headers, 'headers'),
    ...named(queryParams, 'queryParams'),
  ];
  return conditions.flatMap((condition) => {
    if (condition.type !== 'RegularExpression') return [];
    const pattern = parsePattern(condition.value);
    if (typeof pattern !== 'string') return [];
    return [`${field}.${condition.field}.value: ${pattern}; the match is left out`];
  });
}

function unservedFields(rule: RouteRule, field: string): readonly string[] {
  return (['retry', 'sessionPersistence'] as const)
    .filter((name) => rule[name] !== undefined)
    .map((name) => `${field}.${name} is not supported by this control plane and has no effect`);
}
