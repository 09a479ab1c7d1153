// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createLogger } from '../../shared/telemetry/logger.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import {
  connectRaw,
  drainNow,
  holds,
  keepalive,
  plan,
  portOf,
  startBackend,
  startEngine,
} from '../support/engine-lab.js';
import { HTTP_CLIENTS } from '../support/http-clients.js';

type Line = Readonly<Record<string, unknown>>;

async function startLab(t: TestContext, connectionLog: number, http = {}) {
  const backendPort = await startBackend(t, (_request, response) => response.end('ok'));
  const lines: Line[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Line) };
  const clock = manualClock(1_700_000_000_000);
  const logger = createLogger({ name: 'test', destination });
  const engine = startEngine(t, { clock, logger, connectionLog });
  await engine.apply(plan('1', { backendPort, http, tcp: keepalive(60, 5, 3) }));
  const ends = () => lines.filter(({ msg }) => msg === 'connection ended');
  return { engine, clock, ends, port: portOf(engine) };
}

/** An HTTP/2 client that begins and never says anything again, answers to PING included. */
const SILENT_HTTP2 = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

describe('the connection log of an engine', () => {
  it('tells a client that aborts, at share 1, with both sides of the proxy', async (t) => {
    const { engine, clock, ends, port } = await startLab(t, 1);
    await HTTP_CLIENTS['HTTP/1.1'](t, port).ask();
    const client = await connectRaw(t, port);
    await holds(() => engine.summary().open === 2);
    const peer = `127.0.0.1:${client.socket.localPort}`;
    client.socket.resetAndDestroy();
    await holds(() => ends().length === 1);
    const [line] = ends();
    assert.deepEqual(
      [line?.['cause'], line?.['peer'], line?.['client'], line?.['listener'], line?.['version']],
      ['client', peer, peer, 'a', '1'],
    );
    assert.deepEqual([line?.['keepalive'], line?.['requests']], ['1/60/5/3', 0]);
    await drainNow(engine, clock);
    await holds(() => ends().length === 3);
    const sides = ends().map(({ side, cause }) => `${side} ${cause}`);
    assert.deepEqual(sides.sort(), ['downstream client', 'downstream drain', 'upstream drain']);
  });

  it('keeps quiet about it at share 0, but not about a peer that is dead', async (t) => {
    const settings = { http2KeepaliveIntervalMs: 1000, http2KeepaliveTimeoutMs: 1000 };
    const { engine, clock, ends, port } = await startLab(t, 0, settings);
    const dead = await connectRaw(t, port);
    dead.socket.write(SILENT_HTTP2);
    const goes = await connectRaw(t, port);
    await holds(() => engine.summary().open === 2 && dead.received().length > 0);
    goes.socket.resetAndDestroy();
    await holds(() => engine.summary().open === 1);
    await holds(() => {
      clock.advance(20);
      return engine.summary().open === 0;
    });
    assert.equal(ends().length, 1);
    const [line] = ends();
    assert.deepEqual(
      [line?.['cause'], line?.['peer'], line?.['protocol']],
      ['h2_ping_timeout', `127.0.0.1:${dead.socket.localPort}`, 'h2'],
    );
    assert.ok(!('pingMs' in (line ?? {})), 'its PING was never answered');
  });
});
