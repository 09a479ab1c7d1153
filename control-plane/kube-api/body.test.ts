// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bodyFormat, parseBody } from './body.js';

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';

describe('parseBody', () => {
  for (const [text, type] of [
    ['{"a":1}', JSON_TYPE],
    ['{"a":1}', 'application/json; charset=UTF-8'],
    ['a: 1\n', YAML_TYPE],
    ['---\na: 1\n---\n', YAML_TYPE],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as ${type}`, () => {
      assert.deepEqual(parseBody(Buffer.from(text), type), { a: 1 });
    });
  }

  for (const [text, type, code, pattern] of [
    ['', JSON_TYPE, 'INVALID_ARGUMENT', /empty/],
    ['', YAML_TYPE, 'INVALID_ARGUMENT', /empty/],
    ['{\n "a":1,,}', JSON_TYPE, 'INVALID_ARGUMENT', /JSON at line 2, column 8/],
    ['{"a": [1, 2}', JSON_TYPE, 'INVALID_ARGUMENT', /JSON at line 1, column 12/],
    ['a: 1\n b: 2\n', YAML_TYPE, 'INVALID_ARGUMENT', /YAML at line 1, column 4/],
    ['a: 1\n---\nb: 2\n', YAML_TYPE, 'INVALID_ARGUMENT', /2 YAML documents .*line 3/],
    [`${'['.repeat(500)}${']'.repeat(500)}`, JSON_TYPE, 'INVALID_ARGUMENT', /deep/],
    ['{}', 'text/plain', 'UNSUPPORTED_MEDIA', /text\/plain/],
    ['{}', undefined, 'UNSUPPORTED_MEDIA', /application\/json/],
    ['{}', 'application/json; charset=latin1', 'UNSUPPORTED_MEDIA', /UTF-8/],
  ] as const) {
    it(`refuses ${JSON.stringify(text.slice(0, 30))} as ${type}`, () => {
      assert.throws(() => parseBody(Buffer.from(text), type), { code, message: pattern });
    });
  }

  it('refuses bytes that are not UTF-8', () => {
    const latin1 = Buffer.from('{"a":"\xe9"}', 'latin1');
    assert.throws(() => parseBody(latin1, JSON_TYPE), { message: /UTF-8/ });
  });

  it('takes a quoted charset', () => {
    assert.equal(bodyFormat('application/yaml;charset="utf-8"'), 'yaml');
  });
});
