// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDocuments } from './documents.js';

describe('parseDocuments', () => {
  for (const [name, text, values] of [
    ['nothing', '', []],
    ['comments only', '# nothing\n---\n# here\n', []],
    ['empty documents between', '---\n---\na: 1\n---\n', [{ a: 1 }]],
    ['two documents', 'a: 1\n---\nb: [x, 2]\n', [{ a: 1 }, { b: ['x', 2] }]],
    ['JSON', '{"a": {"b": null}}', [{ a: { b: null } }]],
    ['YAML 1.1 booleans as text', 'a: on\nb: true\n', [{ a: 'on', b: true }]],
    ['an alias', 'a: &x 1\nb: *x\n', [{ a: 1, b: 1 }]],
  ] as const) {
    it(`reads ${name}`, () => {
      const result = parseDocuments(text);
      assert.ok(result.ok);
      assert.deepEqual(
        result.documents.map((document) => document.value),
        values,
      );
    });
  }

  for (const [name, text, line, column, pattern] of [
    ['a broken flow', 'a: 1\nb: [1,\n', 3, 1, /flow/i],
    ['a tab as indent', 'a:\n\tb: 1\n', 2, 1, /tab/i],
    ['a duplicate key', 'a: 1\na: 2\n', 2, 1, /unique/i],
    ['a fault in the second document', 'a: 1\n---\n"b: 2\n', 4, 1, /quote/i],
    ['an unknown tag', 'a: 1\nb: !secret x\n', 2, 4, /tag/i],
    ['an infinity', 'a: .inf\n', 1, 1, /JSON/],
    ['a cycle', 'a: &x [*x]\n', 1, 1, /deep/],
    ['a billion laughs', bomb(), 1, 1, /alias/i],
    ['brackets without end', '['.repeat(100_000), 1, 1, /deep/],
    ['brackets hidden by text', '["]",'.repeat(50_000), 1, 1, /deep/],
    ['braces on many lines', '{a:\n'.repeat(50_000), 1, 1, /deep/],
    ['sequences in one line', '- '.repeat(100_000), 1, 1, /deep/],
    ['mappings in one line', 'a: '.repeat(100_000), 1, 1, /deep/],
    ['explicit keys in one line', '? '.repeat(100_000), 1, 1, /deep/],
    ['a staircase', staircase(1000), 1, 1, /deep/],
  ] as const) {
    it(`refuses ${name} with its place`, () => {
      const result = parseDocuments(text);
      assert.ok(!result.ok);
      const [problem] = result.problems;
      assert.match(problem.message, pattern);

      assert.deepEqual([problem.line, problem.column], [line, column]);
    });
  }

  it('locates a field, or the nearest parent that exists', () => {
    const result = parseDocuments('spec:\n  refs:\n    - name: a\n    - name: b\n');
    assert.ok(result.ok);
    const [document] = result.documents;
    assert.deepEqual(document?.locate('spec.refs[1].name'), { line: 4, column: 13 });
    assert.deepEqual(document?.locate('spec.refs[1].kind'), { line: 4, column: 7 });
    assert.deepEqual(document?.locate('status'), { line: 1, column: 1 });
  });
});

function staircase(steps: number): string {
  return Array.from({ length: steps }, (_, step) => `${' '.repeat(step)}a:\n`).join('');
}

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i += 1) {
    lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}*a${i - 1}]`);
  }
  return `${lines.join('\n')}\n`;
}
