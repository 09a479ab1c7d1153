// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { JsonValue } from '../log/transaction.js';
import { compileRules, evaluateRules } from './cel-rules.js';
import { formatFieldPath } from './field-path.js';
import type { StructuralSchema } from './structural-schema.js';

function failures(schema: StructuralSchema, value: JsonValue, broken?: string): readonly string[] {
  const tree = compileRules(schema);
  assert.ok(tree);
  const isBroken = (path: readonly (string | number)[]) => formatFieldPath(path) === broken;
  return evaluateRules(tree, value, [], isBroken).map(
    ({ path, message }) => `${formatFieldPath(path)}: ${message}`,
  );
}

function ruled(schema: StructuralSchema, rule: string): StructuralSchema {
  return { ...schema, 'x-kubernetes-validations': [{ rule, message: 'no' }] };
}

describe('rules', () => {
  it('see integers as int, whole numbers of type number as double', () => {
    assert.deepEqual(failures(ruled({ type: 'integer' }, 'type(self) == int'), 5), []);
    assert.deepEqual(failures(ruled({ type: 'number' }, 'type(self) == double'), 5), []);
  });

  it('see the type of an int-or-string', () => {
    const schema = ruled(
      { 'x-kubernetes-int-or-string': true },
      "type(self) == int ? self > 1 : self != ''",
    );
    assert.deepEqual([failures(schema, 2), failures(schema, 'a')], [[], []]);
    assert.deepEqual([failures(schema, 1), failures(schema, '')], [[': no'], [': no']]);
  });

  it('reach a field whose name is a word of CEL by its escaped name', () => {
    const schema = ruled(
      { type: 'object', properties: { namespace: { type: 'string' } } },
      "self.__namespace__ == 'a'",
    );
    assert.deepEqual(failures(schema, { namespace: 'a' }), []);
    assert.deepEqual(failures(schema, { namespace: 'b' }), [': no']);
  });

  it('do not escape the keys of maps', () => {
    const schema = ruled(
      { type: 'object', additionalProperties: { type: 'string' } },
      "'namespace' in self",
    );
    assert.deepEqual(failures(schema, { namespace: 'a' }), []);
  });

  it('run on every item and every entry, and name it', () => {
    const item = ruled({ type: 'integer' }, 'self > 0');
    assert.deepEqual(failures({ type: 'array', items: item }, [1, 0, 2, -1]), [
      '[1]: no',
      '[3]: no',
    ]);
    assert.deepEqual(failures({ type: 'object', additionalProperties: item }, { a: 0 }), ['a: no']);
  });

  it('report at their fieldPath', () => {
    const rule = { rule: 'false', message: 'no', fieldPath: '.a.b' };
    const schema: StructuralSchema = { type: 'object', 'x-kubernetes-validations': [rule] };
    assert.deepEqual(failures(schema, {}), ['a.b: no']);
  });

  it('fail when they cannot be evaluated, as in Kubernetes', () => {
    assert.deepEqual(failures(ruled({ type: 'object' }, 'self.absent == 1'), {}), [': no']);
  });

  it('are skipped where the value is malformed', () => {
    const schema = ruled({ type: 'object' }, 'false');
    assert.deepEqual(failures({ type: 'object', properties: { a: schema } }, { a: {} }, 'a'), []);
  });

  it('that do not parse are refused when they are loaded', () => {
    assert.throws(
      () => compileRules(ruled({ type: 'object' }, 'self ==')),
      (error) => error instanceof HeartlineError && error.code === 'CONFIG',
    );
  });
});
