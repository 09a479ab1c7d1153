// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { identifyProcess } from '../../../shared/process/process-identity.js';
import { lockInstance, readHolder } from './instance-lock.js';

describe('lockInstance', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'heartline-lock-'));
    path = join(directory, 'up.lock');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('names the process that has it', () => {
    const unlock = lockInstance(path);
    assert.throws(() => lockInstance(path), {
      code: 'ALREADY_EXISTS',
      message: `already running, pid ${process.pid}`,
    });
    unlock();
  });

  it('leaves nothing behind', () => {
    lockInstance(path)();
    assert.deepEqual(readdirSync(directory), []);
  });

  for (const [name, content] of [
    ['a process that is gone', JSON.stringify({ pid: 2 ** 30, startTicks: 1 })],
    ['a process whose pid was reused', JSON.stringify({ pid: process.pid, startTicks: 1 })],
    ['nobody', 'half a li'],
    ['something else', 'null'],
  ] as const) {
    it(`replaces the lock of ${name}`, () => {
      writeFileSync(path, content);
      const unlock = lockInstance(path);
      assert.deepEqual(readHolder(path), identifyProcess(process.pid));
      unlock();
      assert.equal(existsSync(path), false);
    });
  }
});
