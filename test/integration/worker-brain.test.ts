// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseLastGood, renderLastGood } from '../../dataplane/state/last-good-format.js';
import type { DeltaDiscoveryResponse } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import { loadWire } from '../../shared/proto/wire.js';
import {
  answersOf,
  type ControlPlaneStub,
  type StubOptions,
  type StubStream,
  startControlPlaneStub,
} from '../support/control-plane-stub.js';
import { eventually } from '../support/eventually.js';
import { type PlaneProcess, preparePlanes } from '../support/planes.js';
import {
  backendOf,
  bindOf,
  discoveryResource,
  GATEWAY,
  guideHttpPolicy,
  guideTcpPolicy,
  listenerOf,
  type NamedResource,
  policyOf,
  routeOf,
} from '../support/wire-resources.js';

const wire = loadWire();
const ADDRESS = wire.address.typeUrl;
const RESOURCE = wire.resource.typeUrl;
const TOKEN = 'token-of-this-test';

/** Ports and files of one worker, a control plane made by hand, and a backend that answers `hello`. */
async function prepare(t: TestContext, stubOptions: StubOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-worker-'));
  const planes = await preparePlanes(directory);
  writeFileSync(join(directory, 'worker.token'), `${TOKEN}\n`);
  const backend = createServer((_request, response) => void response.end('hello'));
  await once(backend.listen(0, '127.0.0.1'), 'listening');
  const backendPort = (backend.address() as AddressInfo).port;
  const startStub = (): Promise<ControlPlaneStub> =>
    startControlPlaneStub(wire, { ...stubOptions, port: planes.port(9978) });
  let stub = await startStub();
  t.after(async () => {
    await planes.stop();
    stub.stop();
    backend.close();
    backend.closeAllConnections();
    rmSync(directory, { recursive: true, force: true });
  });
  const ask = async (base: number, path: string, init: RequestInit = {}) => {
    const url = `http://127.0.0.1:${planes.port(base)}${path}`;
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(5000) });
    return { status: answer.status, text: await answer.text() };
  };
  return {
    planes,
    directory,
    ask,
    stub: () => stub,
    async restartStub() {
      stub = await startStub();
      return stub;
    },
    sample: [bindOf(8080), listenerOf('http', 8080), routeOf('r'), backendOf(backendPort)],
  };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

function responseOf(
  label: string,
  nonce: string,
  resources: readonly NamedResource[],
): DeltaDiscoveryResponse {
  return {
    typeUrl: RESOURCE,
    nonce,
    systemVersionInfo: label,
    resources: resources.map((named) => discoveryResource(wire.resource, named)),
  };
}

/** Waits for the answer to `nonce`. */
function answerTo(stream: StubStream, nonce: string) {
  return eventually(() => {
    const found = answersOf(stream, RESOURCE).find((request) => request.responseNonce === nonce);
    assert.ok(found, `no answer to ${nonce}`);
    return found;
  });
}

/** Starts a worker and brings it to version 1-a with the sample and the guide's policies, over stream 0. */
async function startServing(
  prepared: Prepared,
): Promise<{ worker: PlaneProcess; stream: StubStream }> {
  const worker = prepared.planes.startWorker();
  const stream = await prepared.stub().stream(0);
  stream.send({ typeUrl: ADDRESS, nonce: 'a1' });
  const everything = [...prepared.sample, guideTcpPolicy(), guideHttpPolicy()];
  stream.send(responseOf('1-a', 'n1', everything));
  const ack = await answerTo(stream, 'n1');
  assert.equal(ack.errorDetail, undefined, ack.errorDetail?.message);
  return { worker, stream };
}

async function assertServing({ ask }: Prepared): Promise<void> {
  assert.deepEqual(await ask(8080, '/'), { status: 200, text: 'hello' });
}

/** Lines of a worker's log at a level, parsed. */
function logged(worker: PlaneProcess, level: string): { msg: string; [field: string]: unknown }[] {
  return worker
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { msg: string; level: string })
    .filter((line) => line.level === level);
}

describe('a worker and its control plane', () => {
  it('applies, acknowledges, serves, reports and shows what is in force', async (t) => {
    const prepared = await prepare(t);
    const { stub, ask } = prepared;
    const { worker, stream } = await startServing(prepared);
    assert.equal(stream.headers.get('authorization')[0], `Bearer ${TOKEN}`);
    assert.equal(stream.headers.get('clusterid')[0], 'local');
    assert.equal(
      stream.requests[0]?.node?.metadata?.fields?.['role']?.stringValue,
      'httpbin~agentgateway-proxy',
    );
    await assertServing(prepared);
    await eventually(async () =>
      assert.deepEqual(await ask(15021, '/healthz/ready'), { status: 200, text: 'ready\n' }),
    );
    const { text } = await ask(15000, '/debug/summary');
    const { engine } = JSON.parse(text) as { engine: { version: string; inForce: boolean } };
    assert.deepEqual([engine.version, engine.inForce], ['1-a', true]);
    const report = await eventually(() => {
      const found = stub().fleet[0]?.messages.at(-1)?.inForce;
      assert.equal(found?.version, '1-a');
      return found;
    });
    assert.deepEqual([report.sessionId, report.inForce], ['session-1', true]);
    assert.match((await ask(15020, '/metrics')).text, /^heartline_xds_connected 1$/m);
    assert.deepEqual(logged(worker, 'error'), []);
  });

  it("answers the guide's own jq filters with the guide's own lines", async (t) => {
    if (!hasJq()) {
      t.skip('jq is not installed');
      return;
    }
    const prepared = await prepare(t);
    await startServing(prepared);
    const { text } = await prepared.ask(15000, '/config_dump');
    assert.deepEqual(guideLines(text), GUIDE_LINES);
  });

  it('refuses one policy by name, keeps the older one and takes the rest', async (t) => {
    const prepared = await prepare(t);
    const { stream } = await startServing(prepared);
    const other = policyOf('other', { tls: {} });
    stream.send(responseOf('2-b', 'n2', [guideTcpPolicy(40_000), other]));
    const nack = await answerTo(stream, 'n2');
    const entries = JSON.parse(nack.errorDetail?.message ?? '[]') as { key: string }[];
    assert.deepEqual(
      entries.map((entry) => Object.keys(entry).join()),
      ['key,error', 'key,warn'],
    );
    assert.deepEqual(
      entries.map(({ key }) => key),
      [guideTcpPolicy().name, other.name],
    );
    const { text } = await prepared.ask(15000, '/config_dump');
    assert.match(text, /"time": "30s"/);
    assert.match(text, /"tLS"/);
    await assertServing(prepared);
  });

  it('closes its ports while a restriction cannot be enforced, and says so', async (t) => {
    const prepared = await prepare(t);
    const { stream } = await startServing(prepared);
    const authz = policyOf(
      'authz',
      { networkAuthorization: { allow: ['true'] } },
      { gateway: { ...GATEWAY, listener: 'http' } },
    );
    stream.send(responseOf('2-b', 'n2', [authz]));
    const { errorDetail } = await answerTo(stream, 'n2');
    assert.match(
      errorDetail?.message ?? '',
      /"warn":"this worker cannot enforce frontend.networkAuth/,
    );
    await assert.rejects(prepared.ask(8080, '/'));
    stream.send({ ...responseOf('3-c', 'n3', []), removedResources: [authz.name] });
    assert.equal((await answerTo(stream, 'n3')).errorDetail, undefined);
    await assertServing(prepared);
  });

  it('accepts with a warning when a port is taken, and serves as soon as it is free', async (t) => {
    const prepared = await prepare(t);
    const owner = createServer();
    t.after(() => owner.close());
    await once(owner.listen(prepared.planes.port(8080), '127.0.0.1'), 'listening');
    prepared.planes.startWorker();
    const stream = await prepared.stub().stream(0);
    stream.send(responseOf('1-a', 'n1', prepared.sample));
    const { errorDetail } = await answerTo(stream, 'n1');
    const [entry, ...more] = JSON.parse(errorDetail?.message ?? '[]') as Record<string, string>[];
    assert.deepEqual(
      [more.length, Object.keys(entry ?? {}), entry?.['key']],
      [0, ['key', 'warn', 'class'], bindOf(8080).name],
    );
    assert.match(entry?.['warn'] ?? '', /EADDRINUSE|in use/);
    assert.equal(entry?.['class'], 'environment');
    owner.close();
    await eventually(() => assertServing(prepared));
  });

  it('reconnects with the versions it holds and needs nothing sent again', async (t) => {
    const prepared = await prepare(t);
    const { stream } = await startServing(prepared);
    const held = [...prepared.sample, guideTcpPolicy(), guideHttpPolicy()];
    stream.fail(14, 'restarting');
    const second = await prepared.stub().stream(1);
    await eventually(() => assert.equal(second.requests.length, 2));
    assert.deepEqual(
      second.requests[1]?.initialResourceVersions,
      Object.fromEntries(
        held.map((named) => [named.name, discoveryResource(wire.resource, named).version]),
      ),
    );
    second.send(responseOf('1-a', 'n1', []));
    assert.equal((await answerTo(second, 'n1')).errorDetail, undefined);
    await assertServing(prepared);
  });

  it('serves on, and says why, when its token is refused', async (t) => {
    const prepared = await prepare(t);
    const { worker, stream } = await startServing(prepared);
    prepared.stub().refuse = { code: 16, details: 'this token is not known' };
    stream.fail(16, 'this token is not known');
    const [line] = await eventually(() => {
      const found = logged(worker, 'warn').filter(({ msg }) => msg.includes('--token-file'));
      assert.ok(found.length > 0, 'found.length > 0');
      return found;
    });
    assert.equal(line?.['details'], 'this token is not known');
    await assertServing(prepared);
    assert.equal((await prepared.ask(15021, '/healthz/ready')).status, 200);
  });

  it('is quiet about a control plane without fleet stream', async (t) => {
    const prepared = await prepare(t, { fleet: false });
    const { worker, stream } = await startServing(prepared);
    stream.send(responseOf('2-b', 'n2', [guideTcpPolicy(31)]));
    await answerTo(stream, 'n2');
    assert.deepEqual([...logged(worker, 'warn'), ...logged(worker, 'error')], []);
  });
});

describe('a worker without control plane', () => {
  it('starts from its last-good file with the policy in force, and meets the control plane again', async (t) => {
    const prepared = await prepare(t);
    const { worker } = await startServing(prepared);
    const file = join(prepared.planes.workerDir, 'last-good.json');
    await eventually(() => assert.match(readFileSync(file, 'utf8'), /"label":"1-a"/));
    prepared.stub().stop();
    await worker.kill('SIGKILL');
    prepared.planes.startWorker();
    await eventually(() => assertServing(prepared));
    assert.equal((await prepared.ask(15021, '/healthz/ready')).status, 200);
    const { text } = await prepared.ask(15000, '/debug/summary');
    const { engine } = JSON.parse(text) as { engine: { version: string; inForce: boolean } };
    assert.deepEqual([engine.version, engine.inForce], ['1-a', true]);
    assert.match((await prepared.ask(15000, '/config_dump')).text, /"time": "30s"/);

    const stream = await (await prepared.restartStub()).stream(0);
    await eventually(() => assert.equal(stream.requests.length, 2));
    assert.equal(Object.keys(stream.requests[1]?.initialResourceVersions ?? {}).length, 6);
  });

  const rows: readonly (readonly [string, (text: string) => string, RegExp])[] = [
    ['truncated', (text) => text.slice(0, 200), /not complete JSON/],
    ['of another Gateway', ofAnotherGateway, /belongs to gateway other\/gw/],
  ];
  for (const [name, spoil, reason] of rows) {
    it(`starts empty, and says why, when the file is ${name}`, async (t) => {
      const prepared = await prepare(t);
      const { worker } = await startServing(prepared);
      const file = join(prepared.planes.workerDir, 'last-good.json');
      await eventually(() => assert.equal(existsSync(file), true));
      await worker.kill('SIGKILL');
      prepared.stub().stop();
      writeFileSync(file, spoil(readFileSync(file, 'utf8')));
      const second = prepared.planes.startWorker();
      const [line] = await eventually(() => {
        const found = logged(second, 'error');
        assert.equal(found.length, 1);
        return found;
      });
      assert.match(String(line?.['reason']), reason);
      assert.equal(existsSync(`${file}.bad`), true);
      await eventually(async () => {
        const { text } = await prepared.ask(15021, '/healthz/ready');
        assert.equal(text, 'not ready, pending: engine, xds\n');
      });
    });
  }
});

describe('a worker', () => {
  it('survives garbage on its own ports', async (t) => {
    const prepared = await prepare(t);
    const { worker } = await startServing(prepared);
    const garbage = [
      Buffer.from('16030100f8010000f40303', 'hex'),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.alloc(100_000, 0xff),
      Buffer.from(`GET /${'a'.repeat(40_000)} HTTP/1.1\r\n`),
    ];
    for (const base of [15000, 15020, 15021]) {
      for (const bytes of garbage) await sendAndHangUp(prepared.planes.port(base), bytes);
    }
    assert.equal((await prepared.ask(15000, '/config_dump')).status, 200);
    assert.equal((await prepared.ask(15020, '/metrics')).status, 200);
    assert.equal((await prepared.ask(15021, '/healthz/ready')).status, 200);
    await assertServing(prepared);
    assert.deepEqual(logged(worker, 'error'), []);
  });

  it('ends on SIGTERM and on POST /quitquitquit with exit code 0', async (t) => {
    const prepared = await prepare(t);
    const { worker } = await startServing(prepared);
    await worker.kill('SIGTERM');
    assert.equal(worker.child.exitCode, 0);
    const second = prepared.planes.startWorker();
    await eventually(() => assertServing(prepared));
    const ended = once(second.child, 'exit');
    assert.equal((await prepared.ask(15000, '/quitquitquit', { method: 'POST' })).status, 200);
    await ended;
    assert.equal(second.child.exitCode, 0);
  });

  it('ends when its parent is gone', async (t) => {
    const { planes } = await prepare(t);
    const at = (base: number): string => `127.0.0.1:${planes.port(base)}`;
    const main = fileURLToPath(new URL('../../dataplane/main.ts', import.meta.url));
    const args = ['--xds-address', at(9978), '--gateway', 'a/b', '--parent-pipe'];
    const ports = [
      '--admin-addr',
      at(15000),
      '--stats-addr',
      at(15020),
      '--readiness-addr',
      at(15021),
    ];
    const child = spawn(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), main, ...args, ...ports],
      { stdio: ['pipe', 'ignore', 'ignore'] },
    );
    t.after(() => child.kill('SIGKILL'));
    await eventually(() => fetch(`http://${at(15021)}/healthz/ready`));
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
    assert.equal(child.exitCode, 0);
  });

  it('says which port is taken and by which flag to move it', async (t) => {
    const prepared = await prepare(t);
    await startServing(prepared);
    const second = prepared.planes.startWorker();
    await once(second.child, 'close');
    assert.equal(second.child.exitCode, 69);
    assert.match(second.log(), /admin address 127.0.0.1:\d+ is in use; .*--admin-addr/);
  });
});

const GUIDE_FILTERS = [
  '[.policies[] | select(.policy.frontend != null and .policy.frontend.tCP != null and .policy.frontend.tCP.keepalives != null)] | .[0]',
  '[.policies[] | select(.policy.frontend != null and .policy.frontend.hTTP != null and .policy.frontend.hTTP.http2KeepaliveInterval != null)] | .[0]',
];

const GUIDE_LINES = [
  '{"key":"frontend/httpbin/httpbin-keepalive:frontend-tcp:httpbin/agentgateway-proxy","name":{"kind":"AgentgatewayPolicy","name":"httpbin-keepalive","namespace":"httpbin"},"target":{"gateway":{"gatewayName":"agentgateway-proxy","gatewayNamespace":"httpbin","listenerName":null}},"policy":{"frontend":{"tCP":{"keepalives":{"enabled":true,"time":"30s","interval":"5s","retries":3}}}}}',
  '{"key":"frontend/httpbin/httpbin-keepalive:frontend-http:httpbin/agentgateway-proxy","name":{"kind":"AgentgatewayPolicy","name":"httpbin-keepalive","namespace":"httpbin"},"target":{"gateway":{"gatewayName":"agentgateway-proxy","gatewayNamespace":"httpbin","listenerName":null}},"policy":{"frontend":{"hTTP":{"maxBufferSize":2097152,"http1MaxHeaders":null,"http1IdleTimeout":"10m0s","http2WindowSize":null,"http2ConnectionWindowSize":null,"http2FrameSize":null,"http2KeepaliveInterval":"5s","http2KeepaliveTimeout":"30s"}}}}',
];

function ofAnotherGateway(text: string): string {
  const lastGood = parseLastGood(text, 'httpbin/agentgateway-proxy');
  assert.ok('resources' in lastGood);
  return renderLastGood({ ...lastGood, gateway: 'other/gw' });
}

function guideLines(dump: string): string[] {
  return GUIDE_FILTERS.map((filter) =>
    execFileSync('jq', ['-c', filter], { input: dump, encoding: 'utf8' }).trim(),
  );
}

function hasJq(): boolean {
  try {
    execFileSync('jq', ['--version']);
    return true;
  } catch {
    // Not installed; the pure test of the dump compares the same lines without it.
    return false;
  }
}

function sendAndHangUp(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
  });
}
