// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Transaction } from '../../control-plane/log/transaction.js';
import { acquireDataDirLock } from '../../control-plane/store/data-dir-lock.js';
import { openLmdbStore } from '../../control-plane/store/lmdb-store.js';
import type { Store } from '../../control-plane/store/store.js';
import { KEYS_PER_TRANSACTION } from '../support/store-writer-main.js';

const WRITER = fileURLToPath(new URL('../support/store-writer-main.ts', import.meta.url));
const KILLS = 50;

interface Acknowledged {
  readonly seq: number;
  readonly value: string;
}

/** Starts a writer that waits; `run` lets it write and kills it at a random point. */
async function prepareWriter(dir: string, round: number) {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, dir, String(round)]);
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout });
  const closed = once(child, 'close');
  await once(lines, 'line');
  return {
    end: () => child.kill('SIGKILL'),
    async run(): Promise<readonly Acknowledged[]> {
      const acknowledged: Acknowledged[] = [];
      const killAfter = Math.floor(Math.random() * 40);
      lines.on('line', (line) => {
        const [seq, value = ''] = line.split(' ');
        acknowledged.push({ seq: Number(seq), value });
        if (acknowledged.length === killAfter) child.kill('SIGKILL');
      });
      child.stdin.write('go\n');
      if (killAfter === 0) killSoon(child);
      const [code, signal] = await closed;
      assert.equal(signal, 'SIGKILL', `the writer ended by itself with ${code}`);
      return acknowledged;
    },
  };
}

/** Before the first answer: while the store is opened or made. */
function killSoon(child: ChildProcessWithoutNullStreams): void {
  setTimeout(() => child.kill('SIGKILL'), Math.random() * 30);
}

async function readLog(store: Store): Promise<readonly Transaction[]> {
  const log: Transaction[] = [];
  if (store.lastSeq() === 0) return log;
  await new Promise<void>((resolve) => {
    store.watch(0, (transaction) => {
      log.push(transaction);
      if (transaction.seq === store.lastSeq()) resolve();
    });
  });
  return log;
}

function checkLog(log: readonly Transaction[], acknowledged: readonly Acknowledged[]): void {
  log.forEach(({ seq }, i) => {
    assert.equal(seq, i + 1, 'a hole in the sequences');
  });
  for (const { seq, value } of acknowledged) {
    assert.equal(log[seq - 1]?.reason, value, `acknowledged write ${seq} is not there`);
  }
}

/** The state is exactly what the log folds to, so no transaction is in it by half. */
function checkState(store: Store, log: readonly Transaction[]): void {
  const expected = new Map<string, [string, number]>();
  for (const { ops, seq, reason } of log) {
    assert.equal(ops.length, KEYS_PER_TRANSACTION);
    for (const { key } of ops) expected.set(key, [reason, seq]);
  }
  const { entries } = store.list('');
  assert.deepEqual(
    new Map(
      entries.map((entry) => [
        entry.key,
        [(entry.value as { readonly value: string }).value, entry.revision],
      ]),
    ),
    expected,
  );
}

test(`a writer killed ${KILLS} times at random points: every acknowledged write is there, none is torn`, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'heartline-kill-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const acknowledged: Acknowledged[] = [];
  // Two ahead: most of a writer's time is its start.
  const prepared = [prepareWriter(dir, 0), prepareWriter(dir, 1)];
  t.after(async () => {
    for (const writer of prepared) (await writer).end();
  });
  for (let round = 0; round < KILLS; round += 1) {
    const writer = await prepared.shift();
    assert.ok(writer);
    if (round + 2 < KILLS) prepared.push(prepareWriter(dir, round + 2));
    acknowledged.push(...(await writer.run()));

    const release = acquireDataDirLock(dir);
    const store = await openLmdbStore({ dir, newStoreId: () => 'store-kill' });
    const log = await readLog(store);
    checkLog(log, acknowledged);
    checkState(store, log);
    await store.close();
    release();
  }
  assert.ok(acknowledged.length > KILLS, `only ${acknowledged.length} writes were acknowledged`);
  t.diagnostic(`${acknowledged.length} acknowledged writes`);
});
