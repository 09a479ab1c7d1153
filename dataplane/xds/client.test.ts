// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Registry } from 'prom-client';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { loadWire } from '../../shared/proto/wire.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { type ManualClock, manualClock } from '../../shared/time/manual-clock.js';
import {
  answersOf,
  type ControlPlaneStub,
  startControlPlaneStub,
} from '../../test/support/control-plane-stub.js';
import { eventually } from '../../test/support/eventually.js';
import type { Diagnostic } from '../state/diagnostic.js';
import { XdsClient, type XdsClientOptions } from './client.js';
import { connectGrpc } from './connection.js';
import { createXdsMetrics } from './xds-metrics.js';

const wire = loadWire();
const TYPES = [ADDRESS_TYPE_URL, RESOURCE_TYPE_URL];

function startClient(t: TestContext, address: string, more: Partial<XdsClientOptions> = {}) {
  const clock = manualClock();
  const lines: string[] = [];
  const served: string[] = [];
  const client = new XdsClient({
    address,
    node: { id: 'worker-1' },
    typeUrls: TYPES,
    wire,
    clock,
    random: () => 0,
    logger: createLogger({
      name: 't',
      level: 'debug',
      destination: { write: (line) => void lines.push(line) },
    }),
    metrics: createXdsMetrics(new Registry()),
    connect: connectGrpc,
    headers: () => new Map([['authorization', 'Bearer t']]),
    ping: () => ({ everyMs: 15_000, timeoutMs: 10_000 }),
    held: () => new Map(),
    handle: async () => [],
    onSynced: () => served.push('synced'),
    onServed: () => {
      served.push('begin');
      return () => void served.push('end');
    },
    ...more,
  });
  t.after(() => client.stop());
  client.start();
  return { client, clock, lines, served };
}

async function startStub(t: TestContext): Promise<ControlPlaneStub> {
  const stub = await startControlPlaneStub(wire);
  t.after(() => stub.stop());
  return stub;
}

const response = (nonce: string, typeUrl = RESOURCE_TYPE_URL) => ({ typeUrl, nonce });

describe('an xDS client', () => {
  it('asks for both types at once, with what it holds', async (t) => {
    const stub = await startStub(t);
    startClient(t, stub.address, {
      held: (typeUrl) => new Map(typeUrl === RESOURCE_TYPE_URL ? [['bind/a', 'v1']] : []),
    });
    const stream = await stub.stream(0);
    await eventually(() => assert.equal(stream.requests.length, 2));
    assert.equal(stream.headers.get('authorization')[0], 'Bearer t');
    assert.deepEqual(
      stream.requests.map(({ node, typeUrl, initialResourceVersions }) => [
        node?.id,
        typeUrl,
        initialResourceVersions?.['bind/a'],
      ]),
      [
        ['worker-1', ADDRESS_TYPE_URL, undefined],
        ['worker-1', RESOURCE_TYPE_URL, 'v1'],
      ],
    );
  });

  it('answers with ACK and NACK, and acknowledges types it does not know', async (t) => {
    const stub = await startStub(t);
    const refusal: Diagnostic = { key: 'policy/x', severity: 'error', message: 'no' };
    const { served } = startClient(t, stub.address, {
      handle: async ({ nonce }) => (nonce === 'n2' ? [refusal] : []),
    });
    const stream = await stub.stream(0);
    stream.send(response('n1', ADDRESS_TYPE_URL));
    stream.send(response('n2'));
    stream.send(response('n3', 'type/unknown'));
    await eventually(() => assert.equal(stream.requests.length, 5));
    const answerTo = (typeUrl: string) => {
      const [request, ...more] = answersOf(stream, typeUrl);
      assert.equal(more.length, 0);
      return [request?.responseNonce, request?.errorDetail?.message, request?.node];
    };
    assert.deepEqual(answerTo(ADDRESS_TYPE_URL), ['n1', undefined, undefined]);
    assert.deepEqual(answerTo(RESOURCE_TYPE_URL), [
      'n2',
      '[{"key":"policy/x","error":"no"}]',
      undefined,
    ]);
    assert.deepEqual(answerTo('type/unknown'), ['n3', undefined, undefined]);
    assert.deepEqual(served, ['begin', 'synced']);
  });

  it('takes a newer response while an older one is being applied', async (t) => {
    const stub = await startStub(t);
    const settle: (() => void)[] = [];
    startClient(t, stub.address, {
      handle: () => new Promise((resolve) => settle.push(() => resolve([]))),
    });
    const stream = await stub.stream(0);
    stream.send(response('n1'));
    stream.send(response('n2'));
    await eventually(() => assert.equal(settle.length, 2));
    assert.deepEqual(answersOf(stream, RESOURCE_TYPE_URL), []);
    for (const done of settle) done();
    await eventually(() => {
      const nonces = answersOf(stream, RESOURCE_TYPE_URL).map((request) => request.responseNonce);
      assert.deepEqual(nonces, ['n1', 'n2']);
    });
  });

  it('refuses every resource of a response that could not be applied', async (t) => {
    const stub = await startStub(t);
    startClient(t, stub.address, { handle: () => Promise.reject(new Error('broken')) });
    const stream = await stub.stream(0);
    stream.send({ ...response('n1'), resources: [{ name: 'bind/a' }, { name: 'bind/b' }] });
    await eventually(() => {
      const [nack] = answersOf(stream, RESOURCE_TYPE_URL);
      assert.equal(
        nack?.errorDetail?.message,
        '[{"key":"bind/a","error":"broken"},{"key":"bind/b","error":"broken"}]',
      );
    });
  });

  it('sends an answer that is ready late to nobody', async (t) => {
    const stub = await startStub(t);
    const settle: (() => void)[] = [];
    const { clock } = startClient(t, stub.address, {
      handle: () => new Promise((resolve) => settle.push(() => resolve([]))),
    });
    const first = await stub.stream(0);
    first.send(response('n1'));
    await eventually(() => assert.equal(settle.length, 1));
    first.fail(14, 'restarting');
    await reconnected(stub, clock, 1);
    const second = await stub.stream(1);
    second.send(response('n1', ADDRESS_TYPE_URL));
    await eventually(() => assert.equal(settle.length, 2));
    settle[0]?.();
    settle[1]?.();
    await eventually(() => assert.equal(answersOf(second, ADDRESS_TYPE_URL).length, 1));
    assert.deepEqual(answersOf(second, RESOURCE_TYPE_URL), []);
  });

  it('doubles its wait while it fails, up to 15 s, and starts over after a message', async (t) => {
    const stub = await startStub(t);
    stub.refuse = { code: 16, details: 'who are you' };
    const { clock, lines } = startClient(t, stub.address);
    const waits: number[] = [];
    const waited = async () => {
      await eventually(() => assert.equal(retries(lines).length > waits.length, true));
      waits.push(retries(lines)[waits.length] ?? 0);
      clock.advance(waits.at(-1) ?? 0);
    };
    for (let attempt = 0; attempt < 13; attempt += 1) await waited();
    assert.deepEqual(
      waits,
      [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 15_000, 15_000],
    );
    stub.refuse = undefined;
    await reconnected(stub, clock, 0);
    const stream = await stub.stream(0);
    stream.send(response('n1'));
    await eventually(() => assert.equal(answersOf(stream, RESOURCE_TYPE_URL).length, 1));
    const before = retries(lines).length;
    stream.fail(14, 'Connection dropped');
    await eventually(() => assert.equal(retries(lines).length, before + 1));
    assert.equal(retries(lines).at(-1), 10);
  });

  it('says an outage once and then at most every minute', async (t) => {
    const stub = await startStub(t);
    stub.refuse = { code: 16, details: 'who are you' };
    const { clock, lines } = startClient(t, stub.address);
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      await eventually(() => assert.equal(retries(lines).length, attempt));
      clock.advance(retries(lines).at(-1) ?? 0);
    }
    const warnings = lines.filter((line) => line.includes('"level":"warn"'));
    assert.match(warnings[0] ?? '', /refused this worker: check --token-file/);
    // 20 attempts take 140 s.
    assert.equal(warnings.length, 3);
  });

  it('never hurries back to a server that ends every stream in good order', async (t) => {
    const stub = await startStub(t);
    const { clock, lines } = startClient(t, stub.address);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      (await stub.stream(attempt)).end();
      await eventually(() => assert.equal(retries(lines).length, attempt + 1));
      clock.advance(retries(lines).at(-1) ?? 0);
    }
    assert.deepEqual(retries(lines), [10, 20, 40, 80]);
  });

  it('comes back soon after a goodbye that followed service', async (t) => {
    const stub = await startStub(t);
    const { clock, lines, served } = startClient(t, stub.address, { random: () => 0.5 });
    const stream = await stub.stream(0);
    stream.send(response('n1'));
    await eventually(() => assert.equal(answersOf(stream, RESOURCE_TYPE_URL).length, 1));
    clock.advance(60_000);
    stream.end();
    await eventually(() => assert.deepEqual(served, ['begin', 'end']));
    clock.advance(129);
    assert.equal(clock.pending(), 1);
    clock.advance(1);
    await stub.stream(1);
    assert.deepEqual(retries(lines), []);
  });

  it('gives up on a connection that is not HTTP/2 within 10 s', async (t) => {
    const server = createServer((socket) => void socket.on('error', () => undefined));
    t.after(() => server.close());
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const { clock, lines } = startClient(t, `127.0.0.1:${address.port}`);
    clock.advance(9_999);
    assert.deepEqual(retries(lines), []);
    clock.advance(1);
    assert.deepEqual(retries(lines), [10]);
    assert.match(lines.join(''), /cannot be reached/);
  });

  it('notices a control plane that went silent behind an open connection', async (t) => {
    const stub = await startStub(t);
    const path = await startPath(t, stub.address);
    const { lines } = startClient(t, path.address, {
      ping: () => ({ everyMs: 100, timeoutMs: 100 }),
    });
    const stream = await stub.stream(0);
    stream.send(response('n1'));
    await eventually(() => assert.equal(answersOf(stream, RESOURCE_TYPE_URL).length, 1));
    path.goSilent();
    await eventually(() => assert.equal(retries(lines).length, 1));
    assert.match(lines.join(''), /cannot be reached/);
  });

  it('reconnects after bytes that are no response', async (t) => {
    const stub = await startStub(t);
    const { lines } = startClient(t, stub.address);
    (await stub.stream(0)).sendBytes(Buffer.from('ffffffff', 'hex'));
    await eventually(() => assert.equal(retries(lines).length, 1));
    assert.match(lines.join(''), /response is not readable/);
  });

  it('does not connect without a token that it was given a file for', async (t) => {
    const stub = await startStub(t);
    const { lines, clock } = startClient(t, stub.address, {
      headers: () => {
        throw new HeartlineError('CONFIG', 'the token file cannot be read', { subject: '/t' });
      },
    });
    clock.advance(10);
    assert.equal(retries(lines).length, 2);
    assert.match(lines[0] ?? '', /the token file cannot be read/);
    assert.equal(stub.streams.length, 0);
  });

  it('stops for good', async (t) => {
    const stub = await startStub(t);
    const { client, clock, served } = startClient(t, stub.address);
    const stream = await stub.stream(0);
    stream.send(response('n1'));
    await eventually(() => assert.deepEqual(served, ['begin']));
    client.stop();
    await eventually(() => assert.equal(stream.gone, true));
    assert.deepEqual(served, ['begin', 'end']);
    assert.equal(clock.pending(), 0);
    assert.equal(client.status().phase, 'stopped');
  });
});

/** A path to `address` that can be cut without a FIN or RST: bytes stop, connections stay. */
async function startPath(t: TestContext, address: string) {
  const { port } = new URL(`tcp://${address}`);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    goSilent(): void {
      for (const socket of sockets) socket.unpipe().pause();
    },
  };
}

/** The waits that were announced, milliseconds, oldest first. */
function retries(lines: readonly string[]): number[] {
  return lines.flatMap((line) => (JSON.parse(line) as { retryInMs?: number }).retryInMs ?? []);
}

/** Moves the clock until stream number `index` is there. */
async function reconnected(stub: ControlPlaneStub, clock: ManualClock, index: number) {
  await eventually(() => {
    clock.advance(100);
    assert.ok(stub.streams.length > index, 'stub.streams.length > index');
  });
}
