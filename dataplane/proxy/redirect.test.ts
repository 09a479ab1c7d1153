// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PathChange, Redirect } from '../engine/plan.js';
import { changePath, type RequestPlace, redirectLocation } from './redirect.js';

const REQUEST: RequestPlace = {
  scheme: 'http',
  host: 'shop.test:9999',
  port: 8080,
  target: '/cart?id=1',
};

describe('the location of a redirect', () => {
  type Row = readonly [string, Partial<Redirect>, Partial<RequestPlace>, string];
  const rows: readonly Row[] = [
    ['nothing changed: the listener’s port', {}, {}, 'http://shop.test:8080/cart?id=1'],
    ['a listener on port 80', {}, { port: 80 }, 'http://shop.test/cart?id=1'],
    ['another host', { hostname: 'a.test' }, {}, 'http://a.test:8080/cart?id=1'],
    ['https goes to its own port', { scheme: 'https' }, {}, 'https://shop.test/cart?id=1'],
    ['http goes to its own port', { scheme: 'http' }, {}, 'http://shop.test/cart?id=1'],
    ['a port', { port: 81 }, {}, 'http://shop.test:81/cart?id=1'],
    ['a port that the scheme implies', { port: 80 }, {}, 'http://shop.test/cart?id=1'],
    ['443 is not http’s', { port: 443 }, {}, 'http://shop.test:443/cart?id=1'],
    ['scheme and port', { scheme: 'https', port: 8443 }, {}, 'https://shop.test:8443/cart?id=1'],
    ['scheme and its port', { scheme: 'https', port: 443 }, {}, 'https://shop.test/cart?id=1'],
    ['80 is not https’', { scheme: 'https', port: 80 }, {}, 'https://shop.test:80/cart?id=1'],
    ['an IPv6 host', {}, { host: '[::1]:80' }, 'http://[::1]:8080/cart?id=1'],
    ['a request without a host', { scheme: 'https' }, { host: '' }, '/cart?id=1'],
    [
      'a path, with the query kept',
      { path: { type: 'full', path: '/new' } },
      { port: 80 },
      'http://shop.test/new?id=1',
    ],
  ];
  for (const [name, redirect, request, expected] of rows) {
    it(name, () => {
      const location = redirectLocation({ status: 302, ...redirect }, { ...REQUEST, ...request });
      assert.equal(location, expected);
    });
  }
});

describe('a changed path', () => {
  const prefix = (from: string, to: string): PathChange => ({ type: 'prefix', from, to });
  // The table of Gateway API's HTTPPathModifier; trailing slashes of the two prefixes are gone by now.
  const rows: readonly (readonly [string, PathChange, string])[] = [
    ['/foo/bar', prefix('/foo', '/xyz'), '/xyz/bar'],
    ['/foo', prefix('/foo', '/xyz'), '/xyz'],
    ['/foo/', prefix('/foo', '/xyz'), '/xyz/'],
    ['/foo/bar', prefix('/foo', ''), '/bar'],
    ['/foo/', prefix('/foo', ''), '/'],
    ['/foo', prefix('/foo', ''), '/'],
    ['/foo?a=/foo', prefix('/foo', ''), '/?a=/foo'],
    ['/bar', prefix('', '/xyz'), '/xyz/bar'],
    ['/foo?a=b', { type: 'full', path: '/' }, '/?a=b'],
  ];
  for (const [target, change, expected] of rows) {
    it(`${target} becomes ${expected}`, () => assert.equal(changePath(change, target), expected));
  }
});
