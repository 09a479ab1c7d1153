// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackendTarget, HttpRoutePlan, ListenerPlan } from '../engine/plan.js';
import { compileRoutes, pickBackend } from './route-table.js';

function route(key: string, hostnames: string[], path: string, exact = false): HttpRoutePlan {
  const pathMatch = { type: exact ? ('exact' as const) : ('prefix' as const), value: path };
  return { key, hostnames, pathMatch, backends: [] };
}

function listener(hostname: string, routes: HttpRoutePlan[]): ListenerPlan {
  return { key: `ns/gw.${hostname}`, name: hostname, hostname, routes, tcpRoutes: [] };
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
    it(name, () => assert.equal(table.match(host, target)?.key, expected));
  }

  it('answers nothing without listeners', () => {
    assert.equal(compileRoutes([]).match('x', '/'), undefined);
  });
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
