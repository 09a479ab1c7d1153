// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../log/transaction.js';
import { normalize } from './normalize.js';
import type { StructuralSchema } from './structural-schema.js';

const text: StructuralSchema = { type: 'string' };
const ROWS: readonly {
  readonly name: string;
  readonly schema: StructuralSchema;
  readonly input: JsonValue;
  readonly output: JsonValue;
  readonly unknown?: readonly string[];
}[] = [
  {
    name: 'fills in a default, and the defaults inside it',
    schema: {
      type: 'object',
      properties: {
        a: { type: 'object', default: {}, properties: { b: { ...text, default: 'x' } } },
      },
    },
    input: {},
    output: { a: { b: 'x' } },
  },
  {
    name: 'puts the default in place of a null',
    schema: { type: 'object', properties: { a: { ...text, default: 'x' } } },
    input: { a: null },
    output: { a: 'x' },
  },
  {
    name: 'keeps a null where null is allowed',
    schema: { type: 'object', properties: { a: { ...text, nullable: true, default: 'x' } } },
    input: { a: null },
    output: { a: null },
  },
  {
    name: 'drops and names unknown fields, in lists too',
    schema: {
      type: 'object',
      properties: { list: { type: 'array', items: { type: 'object', properties: { a: text } } } },
    },
    input: { list: [{ a: '1' }, { A: '2', b: 3 }] },
    output: { list: [{ a: '1' }, {}] },
    unknown: ['list[1].A', 'list[1].b'],
  },
  {
    name: 'looks at the known fields of an object that keeps unknown ones',
    schema: {
      type: 'object',
      properties: { a: { type: 'object', properties: {} } },
      'x-kubernetes-preserve-unknown-fields': true,
    },
    input: { a: { b: 1 }, c: { d: null } },
    output: { a: {}, c: { d: null } },
    unknown: ['a.b'],
  },
  {
    name: 'leaves a value of the wrong type to the validator',
    schema: { type: 'object', properties: { a: { type: 'object', properties: { b: text } } } },
    input: { a: 'text' },
    output: { a: 'text' },
  },
  {
    name: 'keeps every key of a map',
    schema: { type: 'object', additionalProperties: text },
    input: { any: 'x', constructor: 'y' },
    output: { any: 'x', constructor: 'y' },
  },
];

describe('normalize', () => {
  for (const { name, schema, input, output, unknown = [] } of ROWS) {
    it(name, () => {
      const result = normalize(schema, input);
      assert.deepEqual(result.value, output);
      assert.deepEqual(
        result.unknown.map((one) => one.field),
        unknown,
      );
    });
  }

  it('treats __proto__ as any other key', () => {
    const input = JSON.parse('{"__proto__": {"admin": "yes"}}') as JsonValue;
    const map = normalize({ type: 'object', additionalProperties: {} }, input).value;
    assert.equal(JSON.stringify(map), '{"__proto__":{"admin":"yes"}}');
    const { value, unknown } = normalize({ type: 'object', properties: {} }, input);
    assert.deepEqual(value, {});
    assert.equal(unknown[0]?.field, '__proto__');
    assert.equal('admin' in (value as object), false);
  });
});
