// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { readOrCreateToken } from './token-files.js';

describe('readOrCreateToken', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'heartline-tokens-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test('writes one line that only its owner can read, in a directory of its own', () => {
    const path = join(dir, 'state', 'api.token');
    const token = readOrCreateToken(path);
    assert.match(token, /^[\w-]{43}$/);
    assert.equal(readFileSync(path, 'utf8'), `${token}\n`);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(dir, 'state')).mode & 0o777, 0o700);
  });

  test('reads what is there', () => {
    const path = join(dir, 'api.token');
    assert.equal(readOrCreateToken(path), readOrCreateToken(path));
  });

  test('makes another token for another file', () => {
    assert.notEqual(readOrCreateToken(join(dir, 'a')), readOrCreateToken(join(dir, 'b')));
  });

  const broken: readonly [name: string, content: string][] = [
    ['an empty file', ''],
    ['a short text', 'secret\n'],
    ['several words', 'this is not a token at all\n'],
  ];
  for (const [name, content] of broken) {
    test(`refuses ${name} and names the file`, () => {
      const path = join(dir, 'api.token');
      writeFileSync(path, content);
      assert.throws(() => readOrCreateToken(path), { code: 'CONFIG', subject: path });
    });
  }

  test('says why a file cannot be written', () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    assert.throws(() => readOrCreateToken(join(file, 'below', 'api.token')), {
      code: 'CONFIG',
      message: /api\.token cannot be used: ENOTDIR/,
    });
  });
});
