// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { describe, it } from 'node:test';
import { checkedLookup } from './checked-lookup.js';

const RULES = {
  allowLocal: false,
  forbidden: [{ host: '10.0.0.9', port: 80 }],
  localAddresses: () => [],
  addressesOf: () => undefined,
};

function lookedUp(answers: readonly string[], all: boolean): Promise<unknown> {
  const addresses = answers.map((address): LookupAddress => {
    return { address, family: address.includes(':') ? 6 : 4 };
  });
  const lookup = checkedLookup(80, RULES, (_hostname, _options, done) => done(null, addresses));
  return new Promise((resolve, reject) => {
    lookup('name', { all }, (error, address) =>
      error === null ? resolve(address) : reject(error),
    );
  });
}

describe('the answers of DNS', () => {
  it('that are not allowed are left out, wherever they stand', async () => {
    const answers = ['127.0.0.1', '10.0.0.7', '::ffff:169.254.169.254', '2001:db8::1', '10.0.0.9'];
    assert.deepEqual(await lookedUp(answers, true), [
      { address: '10.0.0.7', family: 4 },
      { address: '2001:db8::1', family: 6 },
    ]);
    assert.equal(await lookedUp(answers, false), '10.0.0.7');
  });

  it('that are all refused are an error that names the first', async () => {
    await assert.rejects(
      lookedUp(['127.0.0.1', '::1'], true),
      /name is refused: 127.0.0.1 is loop/,
    );
    await assert.rejects(lookedUp(['10.0.0.9'], true), /10.0.0.9:80 is a port of Heartline itself/);
    await assert.rejects(lookedUp([], true), /no address/);
  });

  it('that fail stay what they are', async () => {
    const failure = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    const lookup = checkedLookup(80, RULES, (_hostname, _options, done) => done(failure, []));
    lookup('name', {}, (error) => assert.equal(error, failure));
  });
});
