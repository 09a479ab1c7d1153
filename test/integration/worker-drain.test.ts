// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { bringUp, untilInSync } from '../support/bring-up.js';
import { connectRaw, holds, type RawClient } from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { type PlaneProcess, type Planes, preparePlanes } from '../support/planes.js';

async function serve(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-drain-'));
  const planes = await preparePlanes(directory);
  t.after(async () => {
    await planes.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const { worker } = await bringUp(planes);
  return { planes, worker };
}

type Line = Readonly<Record<string, unknown>>;

function linesOf(worker: PlaneProcess, msg: string): readonly Line[] {
  const lines = worker.log().split('\n').slice(0, -1);
  const parsed = lines.map((line) => JSON.parse(line) as Line);
  return parsed.filter((line) => line['msg'] === msg);
}

/** One client of each kind, every one of them in use. */
async function connectAll(t: TestContext, { port }: Planes) {
  const http = port(8080);
  const idle = await connectRaw(t, http);
  idle.socket.write('GET /get HTTP/1.1\r\nhost: a\r\n\r\n');
  await idle.until('200 OK');
  const busy = await connectRaw(t, http);
  busy.socket.write('GET /delay/1 HTTP/1.1\r\nhost: a\r\n\r\n');
  const session = connectHttp2(`http://127.0.0.1:${http}`);
  t.after(() => session.destroy());
  const stream = session.request({ ':path': '/delay/1' });
  const websocket = new WebSocket(`ws://127.0.0.1:${http}/ws`);
  t.after(() => websocket.terminate());
  await once(websocket, 'open');
  const tcp = await connectRaw(t, port(8090));
  tcp.socket.write('GET /get HTTP/1.1\r\nhost: a\r\n\r\n');
  await tcp.until('200 OK');
  return { idle, busy, session, stream, websocket, tcp };
}

async function isReady({ port }: Planes): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port(15_021)}/healthz/ready`)).ok;
}

async function echo(websocket: WebSocket): Promise<string> {
  websocket.send('still here');
  const [message] = await once(websocket, 'message');
  return String(message);
}

async function answersOnceMore(tcp: RawClient): Promise<void> {
  const before = tcp.received().length;
  tcp.socket.write('GET /get HTTP/1.1\r\nhost: a\r\n\r\n');
  await holds(() => tcp.received().length > before);
}

describe('a worker that is asked to end', () => {
  it('lets each kind of connection end in its own way, says how many are left, and cuts the rest off', async (t) => {
    const { planes, worker } = await serve(t);
    const { idle, busy, session, stream, websocket, tcp } = await connectAll(t, planes);
    const goaway = once(session, 'goaway');
    const [answered, exited] = [once(stream, 'response'), once(worker.child, 'exit')];
    await holds(() => linesOf(worker, 'worker started').length === 1);
    worker.child.kill('SIGTERM');
    await holds(() => linesOf(worker, 'draining').length > 0);

    assert.equal(await isReady(planes), false);
    await assert.rejects(connectRaw(t, planes.port(8080)), /ECONNREFUSED/);
    await holds(() => idle.ended());
    await goaway;
    assert.equal((await answered)[0][':status'], 200, 'a stream that runs is finished');
    stream.resume();
    assert.match(await busy.until('200 OK'), /connection: close/);
    assert.equal(await echo(websocket), 'still here');
    await answersOnceMore(tcp);

    const line = await eventually(() => {
      const found = linesOf(worker, 'draining').at(-1);
      assert.deepEqual(found?.['byProtocol'], { tcp: 1, websocket: 1 });
      return found;
    });
    assert.equal(line?.['left'], 2);
    assert.ok(Number(line?.['hardEndSeconds']) <= 10);
    websocket.close();
    worker.child.kill('SIGINT');
    assert.deepEqual(await exited, [130, null], 'a second signal does not wait');
    await holds(() => tcp.ended());

    const second = planes.startWorker(['--drain-seconds', '1']);
    await untilInSync(planes);
    await eventually(async () => assert.equal(await isReady(planes), true));
    const stays = await connectRaw(t, planes.port(8090));
    stays.socket.write('GET /get HTTP/1.1\r\nhost: a\r\n\r\n');
    await stays.until('200 OK');
    const goes = await connectRaw(t, planes.port(8080));
    await eventually(async () => {
      const url = `http://127.0.0.1:${planes.port(15_000)}/connections?side=downstream`;
      assert.equal(((await (await fetch(url)).json()) as { total: number }).total, 2);
    });
    await second.kill('SIGTERM');
    assert.equal(second.child.exitCode, 0);
    await holds(() => stays.ended() && goes.ended());
    const [drained] = linesOf(second, 'drained');
    assert.deepEqual([drained?.['ended'], drained?.['cut']], [{ drain: 2 }, 1]);
    assert.ok(Number(drained?.['tookMs']) >= 1000);
  });
});
