// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { nowMs } from '../support/machine-clock.js';
import { type LabBackend, startLabBackend } from '../support/network-lab/lab-backend.js';
import {
  connectClient,
  connectSession,
  connectWebsocket,
  type LabClient,
  type LabSession,
} from '../support/network-lab/lab-clients.js';
import { bindKeyOf, keepaliveOf, LabPlan, limitMsOf } from '../support/network-lab/lab-plan.js';
import type { LabWorker } from '../support/network-lab/lab-worker.js';
import { CANNOT_MAKE_NAMESPACES } from '../support/network-lab/namespaces.js';
import { type NetworkLab, openNetworkLab } from '../support/network-lab/network-lab.js';

const STALL_MS = 3000;
const IDLE_MS = 4000;
/** With a PING's interval it begins the stall early enough to write, and ends it after the idle time. */
const BEFORE_MS = 1200;
const UNTIL_WRITTEN_MS = 300;
/** Every limit of these is shorter than the stall. */
const TCP = keepaliveOf(1, 1, 1);
const PINGS = { http2KeepaliveIntervalMs: 1000, http2KeepaliveTimeoutMs: 1000 };
/** A reprieve of a second at most, and a second for a busy machine. */
const SLACK_MS = 2000;
const CLIENTS = 50;
const SESSIONS = 10;

const STALLS: Readonly<Record<string, (worker: LabWorker) => Promise<void>>> = {
  'that is stopped (SIGSTOP)': async (worker) => {
    worker.signal('SIGSTOP');
    await pause(STALL_MS);
    worker.signal('SIGCONT');
  },
  'whose loop is held': (worker) => worker.block(STALL_MS),
};

describe('a worker', { skip: CANNOT_MAKE_NAMESPACES }, () => {
  let lab: NetworkLab;
  let backend: LabBackend;
  const opened: LabClient[] = [];

  before(async () => {
    lab = await openNetworkLab();
    backend = await startLabBackend();
  });
  after(async () => {
    for (const client of opened) client.destroy();
    await lab.close();
    await backend.close();
  });

  async function open<Kind extends LabClient>(count: number, connect: () => Promise<Kind>) {
    const clients = await Promise.all(Array.from({ length: count }, connect));
    opened.push(...clients);
    return clients;
  }

  async function start(firstPort: number) {
    const worker = await lab.startWorker();
    const plan = new LabPlan((next) => worker.apply(next), TCP, firstPort);
    const to = { host: lab.address('far', 4), port: backend.port };
    const http = { ...PINGS, http1IdleTimeoutMs: IDLE_MS };
    const [port = 0] = await plan.put({
      name: 'stall',
      protocol: 'http',
      tcp: TCP,
      http,
      backend: to,
    });
    return {
      worker,
      fast: { host: lab.address('near', 4), port },
      // Far enough for a PING's answer to arrive after the stall has begun.
      slow: { host: lab.address('near', 6, 'slow'), port },
    };
  }

  const stalls = Object.entries(STALLS);
  describe('harms nobody', { concurrency: true }, () => {
    for (const [index, [name, stall]] of stalls.entries()) {
      it(`${name}, and its deadlines come later`, async () => {
        const { worker, fast, slow } = await start(8000 + 100 * index);
        const sessions: LabSession[] = await open(SESSIONS, () => connectSession(slow, 'request'));
        const downloads = [
          ...(await open(4, () => connectClient(fast, 'trickle'))),
          ...(await open(2, () => connectWebsocket(fast, 'request'))),
        ];
        const readers = await open(2, () => connectClient(fast, 'flood'));
        for (const reader of readers) reader.pause();
        const idle = await open(CLIENTS, () => connectClient(fast, 'request'));
        const askedMs = nowMs();

        await pause(BEFORE_MS);
        await Promise.race(sessions.map((session) => session.nextPing()));
        const stalled = stall(worker);
        await pause(UNTIL_WRITTEN_MS);
        // These arrive while nobody reads, before the deadline of any of them.
        assert.ok(nowMs() - askedMs < IDLE_MS, 'the deadlines are not over yet');
        const proofs = [...idle, ...sessions].map((client) => client.prove());
        await stalled;
        assert.ok(nowMs() - askedMs > IDLE_MS, 'they were over before the worker could read');
        await Promise.all(proofs);
        await Promise.all([...downloads, ...readers].map((client) => client.prove()));
        assert.deepEqual(await worker.causes(bindKeyOf('stall')), {});

        await assertDeadlinesCome(worker, idle, sessions);
      });
    }
  });

  async function assertDeadlinesCome(
    worker: LabWorker,
    idle: readonly LabClient[],
    sessions: readonly LabSession[],
  ): Promise<void> {
    const dead = sessions.map(({ port }) => port);
    lab.cut(...dead);
    const cutMs = nowMs();
    for (const { port, lastSentMs } of idle) {
      const { atMs } = await worker.whenClosed(port);
      const idleMs = atMs - lastSentMs;
      assert.ok(idleMs >= IDLE_MS && idleMs <= IDLE_MS + STALL_MS + SLACK_MS, `${idleMs} ms idle`);
    }
    for (const port of dead) {
      const { atMs } = await worker.whenClosed(port);
      const limitMs = PINGS.http2KeepaliveIntervalMs + PINGS.http2KeepaliveTimeoutMs;
      assert.ok(atMs - cutMs <= Math.max(limitMs, limitMsOf(TCP)) + SLACK_MS, 'dead sessions end');
    }
    const causes = await worker.causes(bindKeyOf('stall'));
    assert.deepEqual(causes, { http1_idle: idle.length, h2_ping_timeout: dead.length });
  }
});
