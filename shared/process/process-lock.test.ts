// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HeartlineError } from '../errors/heartline-error.js';
import { identifyProcess } from './process-identity.js';
import { lockProcess } from './process-lock.js';

const lock = (path: string) =>
  lockProcess(path, (pid) => new HeartlineError('ALREADY_EXISTS', `already running, pid ${pid}`));

describe('lockProcess', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'heartline-lock-'));
    path = join(directory, 'test.lock');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('names the process that has it', () => {
    const unlock = lock(path);
    assert.throws(() => lock(path), {
      code: 'ALREADY_EXISTS',
      message: `already running, pid ${process.pid}`,
    });
    unlock();
  });

  it('leaves nothing behind', () => {
    lock(path)();
    assert.deepEqual(readdirSync(directory), []);
  });

  for (const [name, content] of [
    ['a process that is gone', JSON.stringify({ pid: 2 ** 30, startTicks: 1 })],
    ['a process whose pid was reused', JSON.stringify({ pid: process.pid, startTicks: 1 })],
    ['nobody', 'half a li'],
    ['something else', 'null'],
  ] as const) {
    it(`replaces the lock of ${name}`, () => {
      symlinkSync(content, path);
      const unlock = lock(path);
      assert.deepEqual(JSON.parse(readlinkSync(path)), identifyProcess(process.pid));
      unlock();
      assert.deepEqual(readdirSync(directory), []);
    });
  }

  it('replaces a file that is no lock', () => {
    writeFileSync(path, 'something');
    lock(path)();
    assert.deepEqual(readdirSync(directory), []);
  });
});
