// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Query } from '../request-options.js';
import { encodeContinue } from './continue-token.js';
import { isWatch, readGetVersion, readListQuery, readWatchQuery } from './list-query.js';

const page = { version: 7, after: { namespace: 'httpbin', name: 'a' } };
const token = encodeContinue(page);

function fails(code: string, message: RegExp) {
  return (thrown: unknown) =>
    thrown instanceof HeartlineError && thrown.code === code && message.test(thrown.message);
}

describe('the version of a list', () => {
  const rows: [string, Query, object][] = [
    ['unset', {}, { at: 'newest' }],
    ['empty', { resourceVersion: '' }, { at: 'newest' }],
    ['0', { resourceVersion: '0' }, { at: 'newest' }],
    ['0 with pages', { resourceVersion: '0', limit: '5' }, { at: 'newest' }],
    ['a number', { resourceVersion: '5' }, { at: 'not-older', version: 5 }],
    ['a number with pages', { resourceVersion: '5', limit: '5' }, { at: 'exact', version: 5 }],
    ['Exact', { resourceVersion: '5', resourceVersionMatch: 'Exact' }, { at: 'exact', version: 5 }],
    [
      'NotOlderThan with pages',
      { resourceVersion: '5', resourceVersionMatch: 'NotOlderThan', limit: '5' },
      { at: 'not-older', version: 5 },
    ],
    [
      'NotOlderThan 0',
      { resourceVersion: '0', resourceVersionMatch: 'NotOlderThan' },
      { at: 'newest' },
    ],
  ];
  for (const [name, query, expected] of rows) {
    it(name, () => assert.deepEqual(readListQuery(query).at, expected));
  }
});

describe('list options that are refused', () => {
  const rows: [Query, string, RegExp][] = [
    [{ resourceVersion: '-1' }, 'INVALID_ARGUMENT', /invalid resource version "-1"/],
    [{ resourceVersion: 'x' }, 'INVALID_ARGUMENT', /invalid resource version/],
    [{ limit: 'x' }, 'INVALID_ARGUMENT', /limit is "x"/],
    [{ limit: ['1', '2'] }, 'INVALID_ARGUMENT', /limit is given 2 times/],
    [{ continue: 'nonsense' }, 'INVALID_ARGUMENT', /continue key is not valid/],
    [{ continue: token, resourceVersion: '5' }, 'INVALID_ARGUMENT', /beside continue/],
    [
      { continue: token, resourceVersionMatch: 'Exact', resourceVersion: '0' },
      'INVALID_OBJECT',
      /resourceVersionMatch: Forbidden/,
    ],
    [{ resourceVersionMatch: 'Exact' }, 'INVALID_OBJECT', /unless resourceVersion is provided/],
    [
      { resourceVersionMatch: 'Exact', resourceVersion: '0' },
      'INVALID_OBJECT',
      /"exact" is forbidden for resourceVersion "0"/,
    ],
    [
      { resourceVersionMatch: 'Older', resourceVersion: '1' },
      'INVALID_OBJECT',
      /Unsupported value: "Older": supported values: "Exact"/,
    ],
    [{ sendInitialEvents: 'true' }, 'INVALID_OBJECT', /for watches/],
  ];
  for (const [query, code, message] of rows) {
    it(JSON.stringify(query), () =>
      assert.throws(() => readListQuery(query), fails(code, message)),
    );
  }
});

describe('where a watch begins', () => {
  const marked = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' };
  const rows: [Query, object][] = [
    [{}, { from: 'start', version: 0 }],
    [{ resourceVersion: '0' }, { from: 'start', version: 0 }],
    [{ resourceVersion: '9' }, { from: 'version', version: 9 }],
    [marked, { from: 'marked', version: 0 }],
    [
      { ...marked, resourceVersion: '9' },
      { from: 'marked', version: 9 },
    ],
    [
      { ...marked, sendInitialEvents: 'false', resourceVersion: '9' },
      { from: 'version', version: 9 },
    ],
  ];
  for (const [query, expected] of rows) {
    it(JSON.stringify(query), () => assert.deepEqual(readWatchQuery(query).begin, expected));
  }
  it('is refused where options contradict each other', () => {
    for (const query of [{ resourceVersionMatch: 'NotOlderThan' }, { sendInitialEvents: 'true' }]) {
      assert.throws(() => readWatchQuery(query), fails('INVALID_OBJECT', /resourceVersionMatch/));
    }
  });
});

describe('single options', () => {
  it('watch is a Go boolean, and true when only named', () => {
    const values = ['true', '1', '', 'false', '0', undefined];
    assert.deepEqual(
      values.map((watch) => isWatch({ watch })),
      [true, true, true, false, false, false],
    );
  });
  it('a continue token says where its page begins', () => {
    assert.deepEqual(readListQuery({ continue: token, limit: '5' }).page, page);
    const newest = { ...page, version: undefined };
    assert.deepEqual(readListQuery({ continue: encodeContinue(newest) }).page, newest);
  });
  it('a limit below zero is none', () => assert.equal(readListQuery({ limit: '-1' }).limit, 0));
  it('a GET takes a resourceVersion', () => {
    assert.equal(readGetVersion({}), 0);
    assert.equal(readGetVersion({ resourceVersion: '12' }), 12);
  });
});
