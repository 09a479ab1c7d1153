// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
import { describe, type TestContext, test } from 'node:test';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { acquireDataDirLock } from './data-dir-lock.js';

const moduleUrl = new URL('./data-dir-lock.ts', import.meta.url).href;

function tempDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'heartline-lock-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A process that takes the lock and keeps it until it is killed. */
async function spawnHolder(t: TestContext, dir: string) {
  const code = `import(${JSON.stringify(moduleUrl)}).then(({ acquireDataDirLock }) => {
    acquireDataDirLock(${JSON.stringify(dir)}); console.log('held'); setInterval(() => {}, 60_000); });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return {
    pid: child.pid,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

function inUseBy(dir: string, pid: number | undefined) {
  return (thrown: unknown) => {
    assert.ok(thrown instanceof HeartlineError, String(thrown));
    assert.equal(thrown.code, 'UNAVAILABLE');
    assert.equal(
      thrown.message,
      `data directory ${dir} is in use by process ${pid}: stop that process, or choose another directory with --data-dir`,
    );
    return true;
  };
}

describe('acquireDataDirLock', () => {
  test('keeps a second taker out until it is given back, and leaves nothing behind', (t) => {
    const dir = join(tempDir(t), 'made');
    const release = acquireDataDirLock(dir);
    assert.throws(() => acquireDataDirLock(dir), inUseBy(dir, process.pid));
    assert.deepEqual(readdirSync(dir), ['store.lock']);
    release();
    release();
    assert.deepEqual(readdirSync(dir), []);
    acquireDataDirLock(dir)();
  });

  test('names another process, and takes over when it was killed', async (t) => {
    const dir = tempDir(t);
    const holder = await spawnHolder(t, dir);
    assert.throws(() => acquireDataDirLock(dir), inUseBy(dir, holder.pid));
    await holder.kill();
    const release = acquireDataDirLock(dir);
    assert.equal(JSON.parse(readlinkSync(join(dir, 'store.lock'))).pid, process.pid);
    release();
  });

  const stale: [string, string][] = [
    ['a pid that was given out again', JSON.stringify({ pid: process.pid, startTicks: 1 })],
    ['text that no holder wrote', 'garbage'],
    ['an empty file', ''],
  ];
  for (const [name, text] of stale) {
    test(`takes over a lock of ${name}`, (t) => {
      const dir = tempDir(t);
      if (text === '') writeFileSync(join(dir, 'store.lock'), text);
      else symlinkSync(text, join(dir, 'store.lock'));
      const release = acquireDataDirLock(dir);
      assert.deepEqual(readdirSync(dir), ['store.lock']);
      release();
    });
  }

  test('giving back does not take the lock of whoever came later', (t) => {
    const dir = tempDir(t);
    const release = acquireDataDirLock(dir);
    rmSync(join(dir, 'store.lock'));
    symlinkSync('of somebody else', join(dir, 'store.lock'));
    release();
    assert.deepEqual(readdirSync(dir), ['store.lock']);
  });
});
