// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findDuplicateFields } from './duplicate-fields.js';

test('fields that are there twice are named by their path', () => {
  const rows: readonly [string, readonly string[]][] = [
    ['{"a":1,"b":{"a":2}}', []],
    ['{ "a" : 1 , "a" : 2 }', ['a']],
    [
      '{"metadata":{"name":"x","name":"y"},"spec":[{"q":1},{"q":1,"q":null}]}',
      ['metadata.name', 'spec[1].q'],
    ],
    ['{"a":"}\\"{,","\\u0061":[],"b":{}}', ['a']],
    ['[[],{},"x",-1.5e3,true]', []],
  ];
  for (const [text, expected] of rows) {
    assert.ok(JSON.parse(text));
    assert.deepEqual(findDuplicateFields(text), expected, text);
  }
});

test('no text that JSON itself writes has any', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      assert.deepEqual(findDuplicateFields(JSON.stringify(value, undefined, indent)), []);
    }),
  );
});

test('a long text is walked in one pass', () => {
  const long = JSON.stringify({ a: '\n'.repeat(450_000), b: 'x'.repeat(450_000) });
  assert.deepEqual(findDuplicateFields(`{"c":${long},"c":1}`), ['c']);
});
