// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HttpRoutePlan, ListenerPlan, ValueMatch } from '../engine/plan.js';
import { compileConditions, RequestFacts, type RouteRequest } from './match-conditions.js';
import { PathTable } from './path-table.js';
import { compileRoutes } from './route-table.js';

/** Few and alike, so that requests match several routes and matches tie. */
const HOSTS = ['', 'a.test', 'b.a.test', 'c.b.a.test', '*.a.test', '*.b.a.test', '*.test'];
const PATHS = ['/', '/a', '/a/', '/a/b', '/a/b/', '/ab', '/a/b/c', '/b'];
const PATTERNS = ['/.*', '/a(/.*)?', '/[a-z]/b', '/a/b'];

/** The usual thing, or one time in three something else. */
function mostly<T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
}

const value = fc.record({
  name: fc.constantFrom('x', 'y'),
  type: fc.constantFrom('exact' as const, 'regex' as const),
  value: fc.constantFrom('1', '2', '[12]'),
});
const values = mostly([], fc.uniqueArray(value, { maxLength: 2, selector: ({ name }) => name }));
const pathMatch = fc.oneof(
  fc.record({
    type: fc.constantFrom('prefix' as const, 'exact' as const),
    value: fc.constantFrom(...PATHS),
  }),
  fc.record({ type: fc.constant('regex' as const), value: fc.constantFrom(...PATTERNS) }),
);
const route = fc.record({
  hostnames: mostly([], fc.uniqueArray(fc.constantFrom(...HOSTS.slice(1)), { maxLength: 2 })),
  pathMatch,
  method: mostly<string | undefined>(undefined, fc.constantFrom('GET', 'PUT')),
  headers: values,
  query: values,
});
const listener = fc.record({
  hostname: mostly('', fc.constantFrom(...HOSTS)),
  routes: fc.array(route, { minLength: 6, maxLength: 14 }),
});
const listeners = fc.uniqueArray(listener, {
  minLength: 1,
  maxLength: 3,
  selector: ({ hostname }) => hostname,
});
const pair = fc.tuple(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2'));
const request = fc.record({
  host: fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'd.c.b.a.test', 'test', 'other'),
  path: fc.constantFrom('/', '/a', '/a/', '/a/b', '/a/b/c', '/ab', '/a//b', '/b', '/c'),
  method: fc.constantFrom('GET', 'PUT', 'POST'),
  headers: fc.array(pair, { maxLength: 2 }),
  query: fc.array(pair, { maxLength: 2 }),
});

type ListenerShape = { hostname: string; routes: readonly Partial<HttpRoutePlan>[] };

function toPlans(shapes: readonly ListenerShape[]): ListenerPlan[] {
  return shapes.map(({ hostname, routes }, at) => ({
    key: `l${at}`,
    name: `l${at}`,
    hostname,
    tcpRoutes: [],
    routes: routes.map((shape, index) => {
      const { method, ...more } = shape;
      const key = `l${at}.${index}`;
      const base = { key, hostnames: [], pathMatch: { type: 'prefix', value: '/' }, backends: [] };
      return { ...base, ...more, ...(method === undefined ? {} : { method }) } as HttpRoutePlan;
    }),
  }));
}

/** The specification read aloud: every match that holds, sorted by every criterion, and the first of them. */
function firstBySorting(plans: readonly ListenerPlan[], asked: RouteRequest): string | undefined {
  const [best] = plans
    .filter(({ hostname }) => covers(hostname, asked.host))
    .sort((a, b) => specificity(b.hostname) - specificity(a.hostname));
  const facts = new RequestFacts(asked);
  const candidates = (best?.routes ?? []).flatMap((plan, at) =>
    (plan.hostnames.length === 0 ? [''] : plan.hostnames)
      .filter((hostname) => covers(hostname, asked.host) && holds(plan, facts))
      .map((hostname) => ({ plan, order: [...precedence(plan, hostname), at] })),
  );
  candidates.sort((a, b) => compareNumbers(a.order, b.order));
  return candidates[0]?.plan.key;
}

function covers(hostname: string, host: string): boolean {
  if (hostname === '' || hostname === host) return true;
  return hostname.startsWith('*.') && host.endsWith(hostname.slice(1));
}

function specificity(hostname: string): number {
  if (hostname === '') return 0;
  return hostname.startsWith('*.') ? hostname.length : 1000;
}

/** Smaller comes first. */
function precedence(plan: HttpRoutePlan, hostname: string): number[] {
  const { pathMatch, method, headers = [], query = [] } = plan;
  return [
    -specificity(hostname),
    pathMatch.type === 'exact' ? 0 : 1,
    -pathMatch.value.length,
    method === undefined ? 1 : 0,
    -headers.length,
    -query.length,
  ];
}

function holds(plan: HttpRoutePlan, facts: RequestFacts): boolean {
  return holdsPath(plan.pathMatch, facts.path) && (compileConditions(plan)?.(facts) ?? true);
}

function holdsPath({ type, value }: HttpRoutePlan['pathMatch'], path: string): boolean {
  if (type === 'exact') return path === value;
  if (type === 'regex') return new RegExp(`^(?:${value})$`).test(path);
  const elements = value.split('/').filter((element) => element !== '');
  const actual = path.split('/').slice(1);
  return elements.every((element, at) => actual[at] === element);
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [at, left] of a.entries()) {
    const difference = left - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function toRequest(shape: {
  host: string;
  path: string;
  method: string;
  headers: readonly (readonly [string, string])[];
  query: readonly (readonly [string, string])[];
}): RouteRequest {
  const query = shape.query.map(([name, text]) => `${name}=${text}`).join('&');
  return {
    host: shape.host,
    method: shape.method,
    target: query === '' ? shape.path : `${shape.path}?${query}`,
    headers: shape.headers.flat(),
  };
}

describe('the route table as an index', () => {
  it('answers as sorting every match by Gateway API precedence does', () => {
    let found = 0;
    fc.assert(
      fc.property(listeners, fc.array(request, { minLength: 4, maxLength: 4 }), (shapes, asked) => {
        const plans = toPlans(shapes as readonly ListenerShape[]);
        const table = compileRoutes(plans);
        for (const each of asked.map(toRequest)) {
          const expected = firstBySorting(plans, each);
          found += Number(expected !== undefined);
          assert.equal(table.match(each)?.key, expected);
        }
      }),
      { numRuns: 1500 },
    );
    assert.ok(found > 2000, `only ${found} requests matched: the worlds are too poor to tell`);
  });

  it('looks up one of thousands of routes of a host without asking the others', () => {
    const headers: ValueMatch[] = [{ name: 'x', type: 'exact', value: '1' }];
    const table = new PathTable();
    for (let at = 0; at < 5000; at += 1) {
      const pathMatch = { type: 'prefix' as const, value: `/service-${at}/api` };
      table.add({ key: `${at}`, hostnames: [], pathMatch, headers, backends: [] }, at);
    }
    const facts = new CountingFacts({
      host: 'h',
      method: 'GET',
      target: '/service-4321/api/users',
      headers: ['x', '1'],
    });
    assert.equal(table.match(facts)?.key, '4321');
    assert.equal(facts.asked, 1);
  });
});

class CountingFacts extends RequestFacts {
  asked = 0;

  override header(lowerCaseName: string): string | undefined {
    this.asked += 1;
    return super.header(lowerCaseName);
  }
}
