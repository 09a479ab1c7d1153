// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVerdict, type Verdict } from './verdict.js';

const inResponse = new Set(['policy/a', 'policy/b']);
const problem = (resource: string, message: string) => ({ resource, message });
const whole = (message: string): Verdict => ({
  kind: 'rejected',
  problems: [problem('', message)],
  warnings: [],
});

const LONG_JSON = `[{"key":"policy/a","error":"${'x'.repeat(1_048_576)}"}]`;

const rows: readonly [name: string, message: string | undefined, expected: Verdict][] = [
  [
    'a warning is acceptance',
    '[{"key":"policy/a","warn":"ignored"}]',
    { kind: 'accepted', warnings: [problem('policy/a', 'ignored')] },
  ],
  [
    'an error is about its resource',
    '[{"key":"policy/a","error":"bad"},{"key":"policy/b","warn":"odd"}]',
    {
      kind: 'partly-rejected',
      problems: [problem('policy/a', 'bad')],
      warnings: [problem('policy/b', 'odd')],
    },
  ],
  [
    'an entry may be both',
    '[{"key":"policy/a","error":"bad","warn":"odd"}]',
    {
      kind: 'partly-rejected',
      problems: [problem('policy/a', 'bad')],
      warnings: [problem('policy/a', 'odd')],
    },
  ],
  [
    'an error about a stranger is about everything',
    '[{"key":"policy/z","error":"bad"}]',
    { kind: 'rejected', problems: [problem('policy/z', 'bad')], warnings: [] },
  ],
  ['plain text is about everything', 'no such thing', whole('no such thing')],
  ['R5 an empty message still rejects', '', whole('the worker gave no reason')],
  ['R5 a missing message still rejects', undefined, whole('the worker gave no reason')],
  ['an empty list says nothing good', '[]', whole('[]')],
  ['JSON of another shape is plain text', '{"key":"policy/a"}', whole('{"key":"policy/a"}')],
  ['an entry that says nothing', '[{"key":"policy/a"}]', whole('[{"key":"policy/a"}]')],
  ['an entry that is no object', '[null]', whole('[null]')],
  ['a number for an error', '[{"key":"a","error":1}]', whole('[{"key":"a","error":1}]')],
  ['a number for a key', '[{"key":1,"error":"x"}]', whole('[{"key":1,"error":"x"}]')],
  [
    'what is around the worker is told apart from the content',
    '[{"key":"policy/a","warn":"port in use","class":"environment"},{"key":"policy/b","error":"bad","class":"other"}]',
    {
      kind: 'partly-rejected',
      problems: [problem('policy/b', 'bad')],
      warnings: [{ ...problem('policy/a', 'port in use'), class: 'environment' }],
    },
  ],
  ['a long reason is cut', 'x'.repeat(5_000), whole(`${'x'.repeat(1_024)}… (5000 characters)`)],
  [
    'a long JSON text is not read at all',
    LONG_JSON,
    whole(`${LONG_JSON.slice(0, 1_024)}… (${LONG_JSON.length} characters)`),
  ],
  ['a terminal is not told to move its cursor', 'a\u001b[2Jb\r\n', whole('a [2Jb ')],
  ['truncated JSON', '[{"key":"policy/a","err', whole('[{"key":"policy/a","err')],
];

test('R5 no error_detail is the acknowledgement', () => {
  assert.deepEqual(
    readVerdict(undefined, () => false),
    { kind: 'accepted', warnings: [] },
  );
});

for (const [name, message, expected] of rows) {
  test(`error_detail: ${name}`, () => {
    const detail = message === undefined ? {} : { message };
    assert.deepEqual(
      readVerdict(detail, (resource) => inResponse.has(resource)),
      expected,
    );
  });
}
