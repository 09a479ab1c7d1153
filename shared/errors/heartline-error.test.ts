// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES } from './codes.js';
import { errnoOf, HeartlineError, toHeartlineError } from './heartline-error.js';

test('every code has a meaning at every edge', () => {
  for (const [code, meaning] of Object.entries(ERROR_CODES)) {
    assert.ok(meaning.http >= 400 && meaning.http <= 599, `${code}: http ${meaning.http}`);
    assert.ok(meaning.grpc >= 1 && meaning.grpc <= 16, `${code}: grpc ${meaning.grpc}`);
    assert.ok(meaning.exit >= 64 && meaning.exit <= 78, `${code}: exit ${meaning.exit}`);
    assert.match(meaning.reason, /^[A-Z][A-Za-z]+$/, code);
  }
});

test('what was thrown stays attached', () => {
  const original = new RangeError('too far');
  const converted = toHeartlineError(original, 'STORE_FAILED');
  assert.equal(converted.code, 'STORE_FAILED');
  assert.equal(converted.cause, original);
  assert.equal(toHeartlineError(converted), converted, 'converting twice changes nothing');
  assert.equal(toHeartlineError('a text').message, 'a text');
});

test('meaning follows the code, never the sentence', () => {
  assert.equal(new HeartlineError('CONFLICT', 'anything').meaning.http, 409);
});

test('errno names are read from system errors only', () => {
  assert.equal(errnoOf(Object.assign(new Error('full'), { code: 'ENOSPC' })), 'ENOSPC');
  assert.equal(errnoOf(new Error('plain')), undefined);
  assert.equal(errnoOf(undefined), undefined);
});
