// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  connectRaw,
  holds,
  keepalive,
  OFF,
  plan,
  portOf,
  startEngine,
} from '../support/engine-lab.js';

const TIME_S = 9;
const SILENT_MS = 1200;
/** The kernel's timers come up to 3 % late, and its clock has ticks of 10 ms. */
const SLACK_MS = 500;
const KEEPALIVE_TIMER = '02';
/** Jiffies as /proc shows them: USER_HZ. */
const TICK_MS = 10;

/** Until the kernel's keepalive timer of a connection fires (proc_net_tcp.txt: `tr tm->when`), milliseconds. */
function untilProbeMs(localPort: number, remotePort: number): number {
  const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/\s+/));
  const own = fields.find(
    ([, local, remote]) => local?.endsWith(hex(localPort)) && remote?.endsWith(hex(remotePort)),
  );
  const [kind, when = ''] = own?.[5]?.split(':') ?? [];
  assert.equal(kind, KEEPALIVE_TIMER, 'the keepalive timer runs');
  return Number.parseInt(when, 16) * TICK_MS;
}

describe('the timer of an open connection', () => {
  it('counts the silence so far when keepalive is switched on', async (t) => {
    const engine = startEngine(t);
    await engine.apply(plan('1', { tcp: OFF }));
    const port = portOf(engine);
    const { socket } = await connectRaw(t, port);
    const silentSinceMs = performance.now();
    await holds(() => engine.summary().open === 1);
    await pause(SILENT_MS);
    await engine.apply(plan('2', { tcp: keepalive(TIME_S, 5, 3) }));
    const silentMs = performance.now() - silentSinceMs;
    const untilMs = untilProbeMs(port, socket.localPort ?? 0);
    assert.ok(
      untilMs <= TIME_S * 1000 - silentMs + SLACK_MS,
      `${untilMs} ms to the first probe after ${silentMs} ms of silence`,
    );
  });
});
