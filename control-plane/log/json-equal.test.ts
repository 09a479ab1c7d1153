// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { jsonEqual } from './json-equal.js';
import type { JsonValue } from './transaction.js';

describe('jsonEqual', () => {
  const rows: [JsonValue | undefined, JsonValue | undefined, boolean][] = [
    [1, 1, true],
    [1, '1', false],
    [null, null, true],
    [null, {}, false],
    [undefined, null, false],
    [[], {}, false],
    [[1, 2], [1, 2], true],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
    [{ a: 1 }, { b: 1 }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ toString: 1 }, {}, false],
  ];
  for (const [a, b, expected] of rows) {
    test(`${JSON.stringify(a)} and ${JSON.stringify(b)}: ${expected}`, () => {
      assert.equal(jsonEqual(a, b), expected);
      assert.equal(jsonEqual(b, a), expected);
    });
  }

  test('a field that holds undefined counts as absent', () => {
    const withUndefined = { a: 1, b: undefined } as unknown as JsonValue;
    assert.ok(jsonEqual(withUndefined, { a: 1 }));
  });

  test('agrees with equality of the canonical text', () => {
    const canonical = (value: unknown): string =>
      JSON.stringify(value, (_key, inner) =>
        inner !== null && typeof inner === 'object' && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
          : inner,
      );
    // -0 is written as 0: normalised first, as the log does.
    const json = fc.jsonValue({ maxDepth: 2 }).map((v) => JSON.parse(JSON.stringify(v)));
    fc.assert(
      fc.property(json, json, (a: JsonValue, b: JsonValue) => {
        assert.equal(jsonEqual(a, b), canonical(a) === canonical(b));
        assert.ok(jsonEqual(a, JSON.parse(canonical(a))));
      }),
    );
  });
});
