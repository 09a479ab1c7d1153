// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonValue } from '../log/transaction.js';
import { applyMergePatch } from './json-merge-patch.js';
import { applyJsonPatch, readJsonPatch } from './json-patch.js';

const patch = (target: JsonValue, operations: unknown): JsonValue =>
  applyJsonPatch(target, readJsonPatch(operations));

/** RFC 7396 appendix A, every row. */
const MERGE_ROWS: readonly [JsonValue, JsonValue, JsonValue][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test('a merge patch gives what RFC 7396 appendix A says', () => {
  for (const [target, change, expected] of MERGE_ROWS) {
    assert.deepEqual(applyMergePatch(target, change), expected, JSON.stringify([target, change]));
  }
});

/** RFC 6902 appendix A by its numbers: target, patch, result. */
const PATCH_ROWS: readonly [string, JsonValue, unknown, JsonValue][] = [
  ['A.1', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
  [
    'A.2',
    { foo: ['bar', 'baz'] },
    [{ op: 'add', path: '/foo/1', value: 'qux' }],
    { foo: ['bar', 'qux', 'baz'] },
  ],
  ['A.3', { baz: 'qux', foo: 'bar' }, [{ op: 'remove', path: '/baz' }], { foo: 'bar' }],
  [
    'A.4',
    { foo: ['bar', 'qux', 'baz'] },
    [{ op: 'remove', path: '/foo/1' }],
    { foo: ['bar', 'baz'] },
  ],
  ['A.5', { baz: 'qux' }, [{ op: 'replace', path: '/baz', value: 'boo' }], { baz: 'boo' }],
  [
    'A.6',
    { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
    [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
  ],
  [
    'A.7',
    { foo: ['all', 'grass', 'cows', 'eat'] },
    [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    { foo: ['all', 'cows', 'eat', 'grass'] },
  ],
  [
    'A.8',
    { baz: 'qux', foo: ['a', 2, 'c'] },
    [
      { op: 'test', path: '/baz', value: 'qux' },
      { op: 'test', path: '/foo/1', value: 2 },
    ],
    { baz: 'qux', foo: ['a', 2, 'c'] },
  ],
  ['A.10', { a: 1 }, [{ op: 'add', path: '/b', value: { c: {} } }], { a: 1, b: { c: {} } }],
  ['A.11', { a: 1 }, [{ op: 'add', path: '/b', value: 2, xyz: 3 }], { a: 1, b: 2 }],
  ['A.14', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
  [
    'A.16',
    { foo: ['bar'] },
    [{ op: 'add', path: '/foo/-', value: ['abc', 'def'] }],
    { foo: ['bar', ['abc', 'def']] },
  ],
  [
    'names of JavaScript are names like any other',
    { constructor: { prototype: 1 } } as unknown as JsonValue,
    [
      { op: 'replace', path: '/constructor/prototype', value: 2 },
      { op: 'copy', from: '/constructor', path: '/toString' },
    ],
    { constructor: { prototype: 2 }, toString: { prototype: 2 } } as unknown as JsonValue,
  ],
];

const REFUSED: readonly [string, JsonValue, unknown, RegExp][] = [
  ['A.9 test', { baz: 'qux' }, [{ op: 'test', path: '/baz', value: 'bar' }], /"qux", not "bar"/],
  ['A.12 no parent', { a: 1 }, [{ op: 'add', path: '/b/c', value: 1 }], /"\/b" does not exist/],
  ['A.15 text', { a: '10' }, [{ op: 'test', path: '/a', value: 10 }], /"10", not 10/],
  ['replace', {}, [{ op: 'replace', path: '/a', value: 1 }], /"\/a" does not exist/],
  ['behind the end', { a: [] }, [{ op: 'add', path: '/a/1', value: 1 }], /does not exist/],
  ['leading zero', { a: [1, 2] }, [{ op: 'remove', path: '/a/01' }], /does not exist/],
  ['inherited', {}, [{ op: 'remove', path: '/constructor' }], /does not exist/],
  ['into itself', { a: {} }, [{ op: 'move', from: '/a', path: '/a/b' }], /into itself/],
  ['unknown op', {}, [{ op: 'zork', path: '/a' }], /op is "zork"/],
  ['no list', {}, { op: 'add' }, /is a list of operations/],
  ['no pointer', {}, [{ op: 'remove', path: 'a' }], /no JSON pointer/],
  ['no value', {}, [{ op: 'add', path: '/a' }], /value is missing/],
];

describe('a JSON patch', () => {
  for (const [name, target, operations, expected] of PATCH_ROWS) {
    test(`RFC 6902 ${name}`, () => {
      const before = JSON.stringify(target);
      assert.deepEqual(patch(target, operations), expected);
      assert.equal(JSON.stringify(target), before, 'the target stays as it is');
    });
  }

  for (const [name, target, operations, message] of REFUSED) {
    test(`is refused: ${name}`, () => {
      assert.throws(() => patch(target, operations), { message });
    });
  }

  test('does not reach a prototype', () => {
    const result = patch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]);
    assert.equal(JSON.stringify(result), '{"__proto__":{"polluted":true}}');
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  test('cannot double a document until the memory is full', () => {
    const doubling = Array.from({ length: 40 }, (_, i) => ({
      op: 'copy',
      from: '',
      path: `/a${i}`,
    }));
    assert.throws(() => patch({ text: 'x'.repeat(1000) }, doubling), { message: /copies add up/ });
    const many = Array.from({ length: 10_001 }, () => ({ op: 'remove', path: '/a' }));
    assert.throws(() => patch({}, many), { code: 'TOO_LARGE' });
  });
});
