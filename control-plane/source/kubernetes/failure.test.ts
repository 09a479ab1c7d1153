// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionFailure, failureOf } from './failure.js';
import type { FailureCause } from './reflector-machine.js';

const ahead = { details: { causes: [{ reason: 'ResourceVersionTooLarge' }] }, message: 'later' };

describe('an answer', () => {
  const rows: readonly [number, unknown, FailureCause][] = [
    [400, undefined, 'unintelligible'],
    [401, undefined, 'unauthorized'],
    [403, undefined, 'denied'],
    [404, undefined, 'absent'],
    [410, undefined, 'expired'],
    [429, undefined, 'throttled'],
    [500, undefined, 'unavailable'],
    [503, undefined, 'unavailable'],
    [504, undefined, 'unavailable'],
    [504, ahead, 'expired'],
  ];
  for (const [status, body, cause] of rows) {
    it(`${status}${body === undefined ? '' : ' with a body'}: ${cause}`, () => {
      assert.equal(failureOf({ status, body, retryAfter: undefined }).cause, cause);
    });
  }

  it('is told in its own words, or by its number', () => {
    const message = 'gateways is forbidden';
    assert.equal(
      failureOf({ status: 403, body: { message }, retryAfter: undefined }).message,
      message,
    );
    assert.equal(
      failureOf({ status: 503, body: 'x', retryAfter: undefined }).message,
      'status 503',
    );
  });

  const pauses: readonly [string | undefined, unknown, number | undefined][] = [
    [undefined, undefined, undefined],
    ['3', undefined, 3_000],
    ['86400', undefined, 60_000],
    ['-1', undefined, undefined],
    ['Fri, 31 Dec 1999 23:59:59 GMT', undefined, undefined],
    [undefined, { details: { retryAfterSeconds: 2 } }, 2_000],
  ];
  for (const [retryAfter, body, expected] of pauses) {
    it(`Retry-After ${retryAfter}, ${JSON.stringify(body)}: ${expected} ms`, () => {
      assert.equal(failureOf({ status: 429, body, retryAfter }).retryAfterMs, expected);
    });
  }
});

it('a connection that nobody took is told apart from one that was cut', () => {
  const error = (code: string) => Object.assign(new Error(code), { code });
  assert.equal(connectionFailure(error('ECONNREFUSED')).cause, 'refused');
  assert.equal(connectionFailure(error('ECONNRESET')).cause, 'unavailable');
  assert.equal(connectionFailure('odd').message, 'odd');
});
