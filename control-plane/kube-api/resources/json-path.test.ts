// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { JsonValue } from '../../log/transaction.js';
import { humanAge } from './human-age.js';
import { compileJsonPath } from './json-path.js';

const object: JsonValue = {
  metadata: { name: 'a', annotations: { 'x.io/y': 'z' } },
  spec: { hosts: ['h1', 'h2'], port: 80 },
  status: {
    conditions: [
      { type: 'Accepted', status: 'True' },
      { type: 'InForce', status: 'False' },
    ],
  },
};

describe('compileJsonPath', () => {
  const rows: [string, JsonValue[]][] = [
    ['.metadata.name', ['a']],
    [".metadata.annotations['x.io/y']", ['z']],
    [String.raw`.metadata.annotations.x\.io/y`, ['z']],
    ['.spec.hosts[0]', ['h1']],
    ['.spec.hosts[-1]', ['h2']],
    ['.spec.hosts[*]', ['h1', 'h2']],
    ['.spec.port', [80]],
    ['.status.conditions[?(@.type=="InForce")].status', ['False']],
    [".status.conditions[?(@.type != 'InForce')].status", ['True']],
    ['.status.conditions[*].type', ['Accepted', 'InForce']],
    ['.spec.nothing.at.all', []],
    ['.toString', []],
    ['.spec.port.deeper', []],
    ['.spec.hosts[7]', []],
  ];
  for (const [path, expected] of rows) {
    it(path, () => assert.deepEqual(compileJsonPath(path)(object), expected));
  }
  for (const path of ['metadata', '.a[?(@.b>1)]', '.a[', '.a..b', '{.a}']) {
    it(`refuses ${path}`, () =>
      assert.throws(
        () => compileJsonPath(path),
        (thrown) => thrown instanceof HeartlineError && thrown.code === 'CONFIG',
      ));
  }
});

describe('humanAge', () => {
  const from = Date.parse('2026-11-22T13:00:00Z');
  const [minute, hour, day, year] = [60, 3_600, 86_400, 365 * 86_400] as const;
  const rows: [number, string][] = [
    [-60, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [200, '3m20s'],
    [10 * minute, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [5 * hour + 30 * minute, '5h30m'],
    [8 * hour, '8h'],
    [47 * hour, '47h'],
    [2 * day + 4 * hour, '2d4h'],
    [9 * day, '9d'],
    [2 * year, '2y'],
    [2 * year + 3 * day, '2y3d'],
    [9 * year, '9y'],
  ];
  for (const [seconds, expected] of rows) {
    it(`${seconds} s: ${expected}`, () =>
      assert.equal(humanAge('2026-11-22T13:00:00Z', from + seconds * 1_000), expected));
  }
  it('says what it does not know', () => {
    assert.equal(humanAge(undefined, from), '<unknown>');
    assert.equal(humanAge('yesterday', from), '<invalid>');
  });
});
