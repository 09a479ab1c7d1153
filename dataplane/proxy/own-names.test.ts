// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { OwnNames } from './own-names.js';

it('asks DNS when it is asked, keeps the last answer, and asks again after 30 s or a failure', () => {
  const asked: ((addresses: readonly string[] | undefined) => void)[] = [];
  let nowMs = 5;
  const names = new OwnNames({
    resolve: (_host, done) => void asked.push(done),
    monotonicMs: () => nowMs,
  });
  assert.equal(names.addressesOf('a'), undefined);
  assert.equal(names.addressesOf('a'), undefined);
  assert.equal(asked.length, 1, 'one question at a time');
  asked[0]?.(undefined);
  assert.equal(names.addressesOf('a'), undefined);
  asked[1]?.(['10.0.0.1']);
  assert.deepEqual(names.addressesOf('a'), ['10.0.0.1']);
  nowMs += 30_000;
  assert.deepEqual(
    names.addressesOf('a'),
    ['10.0.0.1'],
    'the old answer until the new one is there',
  );
  asked[2]?.(['10.0.0.2']);
  assert.deepEqual(names.addressesOf('a'), ['10.0.0.2']);
  assert.equal(asked.length, 3);
});
