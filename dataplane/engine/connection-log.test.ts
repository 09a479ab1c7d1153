// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '../../shared/telemetry/logger.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import type { Connection } from '../listeners/connection.js';
import { ConnectionLog } from './connection-log.js';

/** A connection that has ended: of its socket only the numbers are left. */
const ENDED = {
  id: 7,
  group: {
    key: '8080/a/b',
    side: 'downstream',
    version: '3-ab',
    generation: 2,
    target: { enabled: true, idleSeconds: 30, intervalSeconds: 5, probes: 3 },
  },
  verified: 2,
  listener: 'web',
  protocol: 'h2',
  client: '198.51.100.4:999',
  socket: { remoteAddress: '10.0.0.9', remotePort: 4711, bytesRead: 120, bytesWritten: 90 },
  bornMs: 1000,
  requests: 3,
  lastPing: { sentMs: 2000, roundTripMs: 1.5 },
  sampledRoundTripMs: 0.75,
  sampledLastByteMs: 4000,
  sampledRead: 120,
} as unknown as Connection;

function startLog(share: number, randoms: readonly number[] = []) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const clock = manualClock();
  clock.advance(10_000);
  let drawn = 0;
  const random = (): number => {
    const value = randoms[drawn] ?? 0.5;
    drawn += 1;
    return value;
  };
  const logger = createLogger({ name: 'test', destination });
  const log = new ConnectionLog({ share, clock, random, logger });
  return { log, lines, clock, drawn: () => drawn };
}

describe('the connection log', () => {
  it('says everything that is known at the end', () => {
    const { log, lines } = startLog(0);
    log.ended(ENDED, 'tcp_keepalive');
    const { time, ...line } = lines[0] ?? {};
    assert.match(String(time), /^\d{4}-/);
    assert.deepEqual(line, {
      level: 'info',
      name: 'test',
      msg: 'connection ended',
      id: 7,
      side: 'downstream',
      bind: '8080/a/b',
      listener: 'web',
      protocol: 'h2',
      peer: '10.0.0.9:4711',
      client: '198.51.100.4:999',
      cause: 'tcp_keepalive',
      ageMs: 9000,
      idleMs: 6000,
      requests: 3,
      bytesRead: 120,
      bytesWritten: 90,
      version: '3-ab',
      keepalive: '1/30/5/3',
      pingMs: 1.5,
      roundTripMs: 0.75,
    });
  });

  it('leaves out what it does not know', () => {
    const { log, lines } = startLog(0);
    const never = { sampledRoundTripMs: -0.5, sampledRead: -1, lastPing: undefined, verified: 1 };
    log.ended({ ...ENDED, ...never } as Connection, 'error');
    const [line = {}] = lines;
    assert.equal(line['version'], '');
    for (const name of ['idleMs', 'pingMs', 'roundTripMs', 'keepalive']) {
      assert.ok(!(name in line), name);
    }
  });

  for (const [cause, share, random, isWritten] of [
    ['client', 0, 0, false],
    ['client', 0.1, 0.09, true],
    ['client', 0.1, 0.1, false],
    ['http1_idle', 1, 0.999, true],
    ['drain', 0, 0, false],
    ['tcp_unacked', 0, 0.999, true],
    ['h2_ping_timeout', 0, 0.999, true],
    ['denied', 0, 0.999, true],
    ['handshake', 0, 0.999, true],
    ['limit', 0, 0.999, true],
  ] as const) {
    it(`${isWritten ? 'writes' : 'leaves out'} ${cause} at share ${share} and random ${random}`, () => {
      const { log, lines } = startLog(share, [random]);
      log.ended(ENDED, cause);
      assert.equal(lines.length, isWritten ? 1 : 0);
    });
  }

  it('draws no random number when none of the ordinary ends is wanted', () => {
    const { log, drawn } = startLog(0);
    log.ended(ENDED, 'client');
    assert.equal(drawn(), 0);
  });

  it('writes 100 notable ends a second and counts the rest in the next line', () => {
    const { log, lines, clock } = startLog(0);
    for (let i = 0; i < 150; i += 1) log.ended(ENDED, 'limit');
    assert.equal(lines.length, 100);
    clock.advance(1000);
    log.ended(ENDED, 'limit');
    log.ended(ENDED, 'limit');
    assert.equal(lines[100]?.['suppressed'], 50);
    assert.ok(!('suppressed' in (lines[101] ?? {})));
  });
});
