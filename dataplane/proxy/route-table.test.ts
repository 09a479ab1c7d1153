// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackendTarget, HttpRoutePlan, ListenerPlan } from '../engine/plan.js';
import type { RouteRequest } from './match-conditions.js';
import { compileRoutes, pickBackend } from './route-table.js';

function route(key: string, hostnames: string[], path: string, exact = false): HttpRoutePlan {
  const pathMatch = { type: exact ? ('exact' as const) : ('prefix' as const), value: path };
  return { key, hostnames, pathMatch, backends: [] };
}

function listener(hostname: string, routes: HttpRoutePlan[]): ListenerPlan {
  return { key: `ns/gw.${hostname}`, name: hostname, hostname, routes, tcpRoutes: [] };
}

function get(host: string, target: string): RouteRequest {
  return { host, target, method: 'GET', headers: ['host', host] };
}

const LISTENERS = [
  listener('', [
    route('root', [], '/'),
    route('api', [], '/api'),
    route('api-v2', [], '/api/v2/'),
    route('health', [], '/health', true),
    route('wild', ['*.example.com'], '/'),
    route('deep', ['*.eu.example.com'], '/'),
    route('named', ['www.example.com'], '/only'),
    route('second-root', [], '/'),
  ]),
  listener('shop.test', [route('shop', [], '/cart')]),
];

describe('route table', () => {
  const table = compileRoutes(LISTENERS);
  const rows: [string, string, string, string | undefined][] = [
    ['any host, root', 'x.test', '/', 'root'],
    ['prefix covers its own path', 'x.test', '/api', 'api'],
    ['prefix covers elements below', 'x.test', '/api/users?x=/api/v2', 'api'],
    ['prefix ends at an element', 'x.test', '/apiary', 'root'],
    ['longest prefix wins', 'x.test', '/api/v2/a', 'api-v2'],
    ['trailing slash of the prefix does not matter', 'x.test', '/api/v2', 'api-v2'],
    ['exact path before prefix', 'x.test', '/health', 'health'],
    ['exact path is exact', 'x.test', '/health/x', 'root'],
    ['exact path with query', 'x.test', '/health?full', 'health'],
    ['wildcard host', 'a.example.com:8080', '/api', 'wild'],
    ['longest wildcard wins', 'a.eu.example.com', '/', 'deep'],
    ['wildcard does not cover the bare name', 'example.com', '/', 'root'],
    ['exact host before wildcard', 'WWW.example.com', '/only/x', 'named'],
    ['falls back to the wildcard when no path matches', 'www.example.com', '/', 'wild'],
    ['a listener hostname is chosen alone', 'shop.test', '/', undefined],
    ['listener hostname with its route', 'shop.test.', '/cart/1', 'shop'],
    ['IPv6 literal', '[::1]:80', '/', 'root'],
  ];
  for (const [name, host, target, expected] of rows) {
    it(name, () => assert.equal(table.match(get(host, target))?.key, expected));
  }

  it('answers nothing without listeners', () => {
    assert.equal(compileRoutes([]).match(get('x', '/')), undefined);
  });
});

interface MatchShape extends Partial<HttpRoutePlan> {
  readonly path?: string;
  readonly type?: HttpRoutePlan['pathMatch']['type'];
}

/** One listener whose routes are named by their place: a, b, c, … */
function tableOf(...shapes: readonly MatchShape[]) {
  const routes = shapes.map(({ path = '/', type = 'prefix', ...more }, at): HttpRoutePlan => {
    const key = String.fromCharCode(97 + at);
    return { key, hostnames: [], pathMatch: { type, value: path }, backends: [], ...more };
  });
  return compileRoutes([listener('', routes)]);
}

const exactly = (name: string, value: string) => ({ name, type: 'exact' as const, value });
const like = (name: string, value: string) => ({ name, type: 'regex' as const, value });

describe('precedence of matches', () => {
  type Row = readonly [string, readonly MatchShape[], Partial<RouteRequest>, string | undefined];
  const rows: readonly Row[] = [
    [
      'an exact path comes before a prefix with conditions',
      [
        { path: '/a', method: 'GET', headers: [exactly('x', '1')] },
        { path: '/a', type: 'exact' },
      ],
      { target: '/a', headers: ['x', '1'] },
      'b',
    ],
    [
      'an exact path whose condition fails leaves the request to the prefix',
      [{ path: '/a' }, { path: '/a', type: 'exact', method: 'PUT' }],
      { target: '/a' },
      'a',
    ],
    [
      'the longer prefix comes before a method',
      [{ path: '/a', method: 'GET' }, { path: '/a/b' }],
      { target: '/a/b/c' },
      'b',
    ],
    [
      'a prefix whose condition fails leaves the request to a shorter one',
      [{ path: '/a' }, { path: '/a/b', headers: [exactly('x', '1')] }],
      { target: '/a/b' },
      'a',
    ],
    [
      'a method comes before headers',
      [{ headers: [exactly('x', '1'), exactly('y', '2')] }, { method: 'GET' }],
      { headers: ['x', '1', 'y', '2'] },
      'b',
    ],
    [
      'more headers come before fewer',
      [{ headers: [exactly('x', '1')] }, { headers: [exactly('x', '1'), exactly('y', '2')] }],
      { headers: ['x', '1', 'y', '2'] },
      'b',
    ],
    [
      'headers come before query parameters',
      [{ query: [exactly('q', '1'), exactly('r', '1')] }, { headers: [exactly('x', '1')] }],
      { target: '/?q=1&r=1', headers: ['x', '1'] },
      'b',
    ],
    [
      'more query parameters come before fewer',
      [{ query: [exactly('q', '1')] }, { query: [exactly('q', '1'), exactly('r', '1')] }],
      { target: '/?q=1&r=1' },
      'b',
    ],
    [
      'among equals the first one',
      [{ headers: [exactly('x', '1')] }, { headers: [like('x', '.')] }],
      { headers: ['x', '1'] },
      'a',
    ],
    [
      'a regular expression ranks by its length: longer than the prefix',
      [{ path: '/a' }, { path: '/[a-z]+', type: 'regex' }],
      { target: '/a' },
      'b',
    ],
    [
      'a regular expression ranks by its length: shorter than the prefix',
      [{ path: '/abcdefgh' }, { path: '/.*', type: 'regex' }],
      { target: '/abcdefgh' },
      'a',
    ],
    [
      'a regular expression comes after an exact path',
      [
        { path: '/[a-z]+', type: 'regex' },
        { path: '/a', type: 'exact' },
      ],
      { target: '/a' },
      'b',
    ],
    [
      'a regular expression matches the whole path',
      [{ path: '/v[0-9]', type: 'regex' }],
      { target: '/v1/x' },
      undefined,
    ],
    [
      'a regular expression does not see the query',
      [{ path: '/v[0-9]', type: 'regex' }],
      { target: '/v1?a=b' },
      'a',
    ],
  ];
  for (const [name, shapes, request, expected] of rows) {
    it(name, () => {
      const found = tableOf(...shapes).match({ ...get('x', '/'), ...request });
      assert.equal(found?.key, expected);
    });
  }
});

describe('conditions', () => {
  type Row = readonly [string, MatchShape, Partial<RouteRequest>, boolean];
  const rows: readonly Row[] = [
    ['method', { method: 'POST' }, { method: 'POST' }, true],
    ['methods have a case', { method: 'POST' }, { method: 'post' }, false],
    ['header names have none', { headers: [exactly('x-a', '1')] }, { headers: ['X-A', '1'] }, true],
    ['header values have one', { headers: [exactly('x', 'a')] }, { headers: ['x', 'A'] }, false],
    ['a missing header', { headers: [like('x', '.*')] }, {}, false],
    [
      'a pattern is for the whole value',
      { headers: [like('x', 'a')] },
      { headers: ['x', 'ab'] },
      false,
    ],
    [
      'fields of one name are one list',
      { headers: [exactly('x', 'a, b')] },
      { headers: ['x', 'a', 'X', 'b'] },
      true,
    ],
    [
      'fields of cookies too',
      { headers: [exactly('cookie', 'a=1; b=2')] },
      { headers: ['cookie', 'a=1', 'cookie', 'b=2'] },
      true,
    ],
    [
      'every condition has to hold',
      { headers: [exactly('x', 'a'), exactly('y', 'b')] },
      { headers: ['x', 'a'] },
      false,
    ],
    ['query parameter', { query: [exactly('a', '1')] }, { target: '/?b=2&a=1' }, true],
    ['the first one of its name', { query: [exactly('a', '2')] }, { target: '/?a=1&a=2' }, false],
    ['its encoding undone', { query: [exactly('a b', 'c d')] }, { target: '/?a+b=c%20d' }, true],
    [
      'names of query parameters have a case',
      { query: [exactly('A', '1')] },
      { target: '/?a=1' },
      false,
    ],
    [
      'a pattern for a query parameter',
      { query: [like('a', '[0-9]+')] },
      { target: '/?a=12' },
      true,
    ],
    ['a missing query parameter', { query: [like('a', '.*')] }, { target: '/?b=1' }, false],
    [
      'one that nobody can check holds',
      { headers: [{ name: 'x', type: 'unknown', value: '' }] },
      {},
      true,
    ],
  ];
  for (const [name, shape, request, expected] of rows) {
    it(name, () => {
      const found = tableOf(shape).match({ ...get('x', '/'), ...request });
      assert.equal(found !== undefined, expected);
    });
  }
});

describe('backend choice', () => {
  const backend = (key: string, weight: number): BackendTarget => ({
    key,
    host: 'h',
    port: 1,
    weight,
  });
  const rows: [string, BackendTarget[], number, string | undefined][] = [
    ['only one', [backend('a', 1)], 0.99, 'a'],
    ['only one, weight 0', [backend('a', 0)], 0, undefined],
    ['none', [], 0, undefined],
    ['first share', [backend('a', 1), backend('b', 3)], 0.24, 'a'],
    ['second share', [backend('a', 1), backend('b', 3)], 0.25, 'b'],
    ['weight 0 is skipped', [backend('a', 0), backend('b', 1)], 0, 'b'],
    ['all weights 0', [backend('a', 0), backend('b', 0)], 0, undefined],
  ];
  for (const [name, backends, random, expected] of rows) {
    it(name, () => assert.equal(pickBackend(backends, () => random)?.key, expected));
  }
});
