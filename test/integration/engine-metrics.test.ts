// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Registry } from 'prom-client';
import { packageRoot } from '../../shared/process/package-root.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import {
  connectRaw,
  holds,
  keepalive,
  plan,
  portOf,
  startBackend,
  startEngine,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { HTTP_CLIENTS } from '../support/http-clients.js';
import { preparePlanes } from '../support/planes.js';

/** Samples of a scrape, by name and labels as they are written there. */
async function scrape(registry: Registry): Promise<ReadonlyMap<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

const ok: RequestListener = (_request, response) => void response.end('ok');

async function startLab(t: TestContext, http = {}, backend = ok) {
  const backendPort = await startBackend(t, backend);
  const registry = new Registry();
  const clock = manualClock(1_700_000_000_000);
  // The engine's end, which comes right after, waits for connections until the clock says that it need not.
  t.after(() => void setImmediate(() => clock.advance(0)));
  const engine = startEngine(t, { registry, clock });
  const apply = (version: string, idleSeconds: number) => {
    const shape = plan(version, { backendPort, http, tcp: keepalive(idleSeconds, 5, 3) });
    const binds = shape.binds.map((bind) => ({ ...bind, policyKeys: ['ns/policy'] }));
    return engine.apply({ ...shape, binds });
  };
  await apply('1', 60);
  return { engine, registry, clock, apply, port: portOf(engine) };
}

/** Nothing listens there. */
async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const BIND = 'bind="0/ns/gw"';

describe('metrics of traffic', () => {
  it('count connections, requests and bytes by bind', async (t) => {
    const { engine, registry, clock, port } = await startLab(t);
    const client = HTTP_CLIENTS['HTTP/1.1'](t, port);
    await client.ask();
    await client.ask({ path: '/second' });
    const goes = await connectRaw(t, port);
    await holds(() => engine.summary().open === 2);
    goes.socket.destroy();
    await holds(() => engine.summary().open === 1);
    clock.advance(15_000);
    await eventually(async () => {
      const samples = await scrape(registry);
      const at = (name: string) => samples.get(name);
      assert.equal(at(`heartline_connections_open{${BIND},side="downstream"}`), 1);
      assert.equal(at(`heartline_connections_accepted_total{${BIND}}`), 2);
      assert.equal(at(`heartline_connections_closed_total{cause="client",${BIND}}`), 1);
      assert.equal(at(`heartline_requests_total{${BIND},status="2xx"}`), 2);
      assert.equal(at(`heartline_request_duration_seconds_count{${BIND}}`), 2);
      assert.equal(at(`heartline_connections_in_force{${BIND},side="downstream"}`), 1);
      assert.equal(at(`heartline_bind_policy_info{${BIND},policy="ns/policy"}`), 1);
      assert.equal(at(`heartline_listener_up{${BIND}}`), 1);
      assert.equal(at(`heartline_tcp_round_trip_seconds_count{${BIND}}`), 1);
      assert.equal(at('heartline_tcp_round_trip_seconds_count{bind=""}'), 1);
      const { connections } = await engine.query({ afterId: 0, limit: 9, side: 'downstream' });
      const read = connections.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
      assert.ok(read > 0, 'read > 0');
      assert.equal(at(`heartline_tcp_bytes_total{${BIND},direction="read"}`), read);
    });
  });

  for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
    it(`time ${version} requests to the end of their answer`, async (t) => {
      const { clock, port, registry } = await startLab(t, {}, (request, response) => {
        if (request.url === '/slow') clock.advance(3000);
        response.end('ok');
      });
      const client = HTTP_CLIENTS[version](t, port);
      await client.ask();
      await client.ask({ path: '/slow' });
      const name = 'heartline_request_duration_seconds';
      await eventually(async () => {
        const samples = await scrape(registry);
        assert.equal(samples.get(`${name}_bucket{le="2.5",${BIND}}`), 1);
        assert.equal(samples.get(`${name}_bucket{le="5",${BIND}}`), 2);
        assert.equal(samples.get(`${name}_bucket{le="+Inf",${BIND}}`), 2);
        assert.equal(samples.get(`${name}_sum{${BIND}}`), 3);
      });
    });
  }

  it('tell what goes wrong on the way to backends', async (t) => {
    const { port, registry } = await startLab(t, {}, (request, response) => {
      if (request.url === '/reset') response.destroy();
      else response.end('ok');
    });
    const client = HTTP_CLIENTS['HTTP/1.1'](t, port);
    assert.equal((await client.ask({ method: 'POST', path: '/reset' })).status, 502);
    const kinds = async (kind: string) =>
      (await scrape(registry)).get(`heartline_upstream_errors_total{kind="${kind}"}`);
    assert.equal(await kinds('reset'), 1);

    const refused = new Registry();
    const engine = startEngine(t, { registry: refused });
    const unused = await unusedPort();
    await engine.apply(plan('1', { backendPort: unused }));
    assert.equal((await HTTP_CLIENTS['HTTP/1.1'](t, portOf(engine)).ask()).status, 503);
    const samples = await scrape(refused);
    assert.equal(samples.get('heartline_upstream_errors_total{kind="connect"}'), 1);
  });

  it('say how long a version took to be in force, once', async (t) => {
    const { registry, apply, clock } = await startLab(t);
    const counts = (count: number) =>
      eventually(async () => {
        assert.equal((await scrape(registry)).get('heartline_in_force_seconds_count'), count);
      });
    await counts(1);
    await apply('2', 61);
    await counts(2);
    clock.advance(5000);
    await apply('2', 61);
    const samples = await scrape(registry);
    assert.equal(samples.get('heartline_in_force_seconds_count'), 2);
    assert.equal(samples.get('heartline_in_force'), 1);
  });

  it('follow an HTTP/2 PING from its sending to its answer', async (t) => {
    const settings = { http2KeepaliveIntervalMs: 1000, http2KeepaliveTimeoutMs: 60_000 };
    const { registry, clock, port, engine } = await startLab(t, settings);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    await holds(() => engine.summary().open === 1);
    await eventually(async () => {
      clock.advance(20);
      const samples = await scrape(registry);
      assert.equal(samples.get(`heartline_h2_pings_total{${BIND},outcome="answered"}`), 1);
      assert.equal(samples.get(`heartline_h2_pings_total{${BIND},outcome="sent"}`), 1);
      assert.equal(samples.get(`heartline_h2_pings_outstanding{${BIND}}`), 0);
      assert.equal(samples.get(`heartline_h2_ping_round_trip_seconds_count{${BIND}}`), 1);
    });
    const { connections } = await engine.query({ afterId: 0, limit: 1 });
    assert.ok((connections[0]?.lastPing?.roundTripMs ?? -1) >= 0);
  });
});

describe('a scrape of a live worker', () => {
  it('has the metrics of the table, all of them and no others', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'heartline-metrics-'));
    writeFileSync(join(directory, 'worker.token'), 'none\n');
    const planes = await preparePlanes(directory);
    t.after(async () => {
      await planes.stop();
      rmSync(directory, { recursive: true, force: true });
    });
    planes.startWorker();
    const url = `http://127.0.0.1:${planes.port(15_020)}/metrics`;
    const text = await eventually(async () => (await fetch(url)).text());
    const scraped = [...text.matchAll(/^# TYPE (heartline_\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    const document = readFileSync(
      join(packageRoot(import.meta.url), 'dataplane/METRICS.md'),
      'utf8',
    );
    const documented = [...document.matchAll(/^\| `(heartline_\w+)` \| (\w+) \|/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    assert.deepEqual(scraped.sort(), documented.sort());
    assert.ok(documented.length > 20);
  });
});
