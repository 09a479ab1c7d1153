// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openLmdbStore } from '../../control-plane/store/lmdb-store.js';
import { startWorker, type Worker } from '../../dataplane/app.js';
import { loadWire } from '../../shared/proto/wire.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { CERTIFICATES } from '../support/certificates.js';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.js';
import { namesOf } from '../support/delta-client.js';
import { eventually } from '../support/eventually.js';
import { findPortOffset } from '../support/free-ports.js';
import { sampleService, sampleSlice } from '../support/live-objects.js';
import { sampleGateway } from '../support/sample-objects.js';

const wire = loadWire();
const GATEWAY = { namespace: 'httpbin', name: 'agentgateway-proxy' };
const HOSTS = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];

function gatewayWith(listeners: readonly object[]) {
  const gateway = sampleGateway();
  return { ...gateway, spec: { ...gateway.spec, listeners } };
}

function serviceRoute(
  kind: 'HTTPRoute' | 'TCPRoute',
  name: string,
  sectionName: string,
  port: number,
  service = 'app',
) {
  const version = kind === 'HTTPRoute' ? 'v1' : 'v1alpha2';
  return {
    apiVersion: `gateway.networking.k8s.io/${version}`,
    kind,
    metadata: { name, namespace: 'httpbin' },
    spec: {
      parentRefs: [{ name: GATEWAY.name, sectionName }],
      rules: [{ backendRefs: [{ name: service, port }] }],
    },
  };
}

function tlsSecret({ certificate, privateKey }: { certificate: string; privateKey: string }) {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'cert', namespace: 'httpbin' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(certificate), 'tls.key': base64(privateKey) },
  };
}

async function startPlane(
  t: TestContext,
  options: Parameters<typeof startTestControlPlane>[0] = {},
) {
  const plane = await startTestControlPlane(options);
  t.after(() => plane.remove());
  return plane;
}

async function startTestWorker(
  t: TestContext,
  plane: TestControlPlane,
  offset: number,
): Promise<Worker> {
  const here = { host: '127.0.0.1', port: 0 };
  const worker = await startWorker({
    flags: {
      xdsAddress: `127.0.0.1:${plane.running.xdsAddress.port}`,
      gateway: GATEWAY,
      pod: { namespace: 'pods', name: 'worker-0' },
      ...{ cluster: 'local', instanceIp: '127.0.0.1', nodeName: '' },
      tokenFile: join(plane.dataDir, 'worker.token'),
      dataDir: join(plane.dataDir, 'worker'),
      ...{ adminAddress: here, statsAddress: here, readinessAddress: here },
      ...{ listenAddresses: ['127.0.0.1'], allowLocalBackends: true, portOffset: offset },
      ...{ drainSeconds: 1, parentPipe: false, connectionLog: undefined, logLevel: 'silent' },
    },
    build: 'test',
    clock: systemClock(),
    random: Math.random,
    logger: createLogger({ name: 'dataplane', level: 'silent' }),
    onQuit: () => undefined,
  });
  t.after(() => worker.stop(0));
  return worker;
}

/** One HTTP server on each of the hosts, all with one port; each answers with its own address. */
async function startBackends(t: TestContext): Promise<number> {
  const servers: Server[] = [];
  t.after(() => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  });
  let port = 0;
  for (const host of HOSTS) {
    const server = createServer((incoming, response) => {
      incoming.resume().once('end', () => response.end(host));
    });
    server.keepAliveTimeout = 60_000;
    servers.push(server);
    await once(server.listen(port, host), 'listening');
    port = (server.address() as AddressInfo).port;
  }
  return port;
}

interface Dump {
  readonly workloads: readonly {
    readonly workloadIps: readonly string[];
    readonly status: string;
  }[];
  readonly services: readonly { readonly hostname: string }[];
}

async function dumpOf(worker: Worker): Promise<Dump> {
  const { port } = worker.addresses.admin;
  return (await (await fetch(`http://127.0.0.1:${port}/config_dump`)).json()) as Dump;
}

function untilEndpoints(worker: Worker, hosts: readonly string[]): Promise<void> {
  return eventually(
    async () => {
      const { workloads } = await dumpOf(worker);
      assert.deepEqual(
        workloads.flatMap(({ workloadIps }) => workloadIps).sort(),
        [...hosts].sort(),
      );
    },
    { everyMs: 2 },
  );
}

function ask(
  port: number,
  agent: Agent,
  method = 'GET',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, agent, method }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(method === 'POST' ? 'a body' : undefined);
  });
}

async function headOf(plane: TestControlPlane): Promise<number> {
  const { body } = await plane.get(
    '/apis/fleet.heartline.dev/v1alpha1/namespaces/httpbin/gatewayreleases/agentgateway-proxy',
  );
  return (body as { status: { head: number } }).status.head;
}

/** A gateway with an HTTP route to Service app, a worker, and the endpoint of each host. */
async function serveApp(t: TestContext) {
  const [plane, offset, target] = [
    await startPlane(t),
    await findPortOffset(),
    await startBackends(t),
  ];
  await plane.apply(
    gatewayWith([
      { name: 'http', port: 8080, protocol: 'HTTP' },
      { name: 'tcp', port: 8090, protocol: 'TCP' },
    ]),
  );
  await plane.apply(sampleService('app'));
  const use = (hosts: readonly string[], port = target) =>
    plane.apply(sampleSlice('app', 'one', hosts, port));
  await use(HOSTS);
  await plane.apply(serviceRoute('HTTPRoute', 'web', 'http', 80));
  await plane.apply(serviceRoute('TCPRoute', 'raw', 'tcp', 80));
  const worker = await startTestWorker(t, plane, offset);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  t.after(() => agent.destroy());
  const port = 8080 + offset;
  await eventually(async () => assert.equal((await ask(port, agent)).status, 200), { everyMs: 10 });
  return { plane, worker, agent, port, tcpPort: 8090 + offset, target, use };
}

describe('endpoints of Services', () => {
  it('are replaced 50 times under load: no request fails, no version is made', async (t) => {
    const { plane, worker, agent, port, use } = await serveApp(t);
    const head = await headOf(plane);
    const answered = new Map<string, number>();
    const failures: string[] = [];
    let running = true;
    const load = Array.from({ length: 8 }, async (_, client) => {
      while (running) {
        try {
          const { status, text } = await ask(port, agent, client % 2 === 0 ? 'GET' : 'POST');
          if (status !== 200 || !HOSTS.includes(text)) failures.push(`${status} ${text}`);
          answered.set(text, (answered.get(text) ?? 0) + 1);
        } catch (thrown) {
          failures.push(String(thrown));
        }
      }
    });
    for (let round = 0; round < 50; round += 1) {
      const hosts = HOSTS.filter(
        (_, index) => index !== round % 4 && index !== (round * 3 + 1) % 4,
      );
      await use(hosts);
      if (round % 10 === 9) await untilEndpoints(worker, hosts);
    }
    await use(['127.0.0.3']);
    await untilEndpoints(worker, ['127.0.0.3']);
    running = false;
    await Promise.all(load);
    assert.deepEqual(failures, []);
    assert.deepEqual([...answered.keys()].sort(), HOSTS, 'each had its share');
    assert.equal((await ask(port, agent)).text, '127.0.0.3');
    assert.equal(await headOf(plane), head);
    await eventually(() => {
      // Idle connections to the endpoints that are gone were closed.
      const open = upstreamsOf(worker).then((hosts) => assert.deepEqual(hosts, ['127.0.0.3']));
      return open;
    });
  });

  it('a route that moves from Service to Service under load fails no request', async (t) => {
    const { plane, agent, port, target } = await serveApp(t);
    await plane.apply(sampleService('next'));
    await plane.apply(sampleSlice('next', 'of-next', ['127.0.0.5'], target));
    const failures: string[] = [];
    const seen = new Set<string>();
    let running = true;
    const load = Array.from({ length: 4 }, async () => {
      while (running) {
        const { status, text } = await ask(port, agent);
        if (status === 200) seen.add(text);
        else failures.push(`${status} ${text}`);
      }
    });
    const lead = (service: string) =>
      plane.apply(serviceRoute('HTTPRoute', 'web', 'http', 80, service));
    for (let round = 0; round < 20; round += 1) {
      const name = round % 2 === 0 ? 'next' : 'app';
      await lead(name);
    }
    await lead('next');
    await eventually(async () => assert.equal((await ask(port, agent)).text, '127.0.0.5'), {
      everyMs: 5,
    });
    running = false;
    await Promise.all(load);
    assert.deepEqual(failures, []);
    assert.deepEqual([...seen].sort(), HOSTS);
  });

  it('none is left: 503, and 200 again with the next one', async (t) => {
    const { agent, port, use } = await serveApp(t);
    await use([]);
    await eventually(async () => assert.equal((await ask(port, agent)).status, 503), {
      everyMs: 5,
    });
    await use(['127.0.0.4']);
    await eventually(async () => assert.equal((await ask(port, agent)).text, '127.0.0.4'), {
      everyMs: 5,
    });
  });

  it('one that refuses connections costs no request, over HTTP and TCP', async (t) => {
    const { worker, agent, port, tcpPort, use } = await serveApp(t);
    // Nothing listens there.
    const hosts = ['127.0.0.2', '127.0.0.99'];
    await use(hosts);
    await untilEndpoints(worker, hosts);
    for (let i = 0; i < 20; i += 1) {
      const { status, text } = await ask(port, agent, i % 2 === 0 ? 'GET' : 'POST');
      assert.deepEqual([status, text], [200, '127.0.0.2']);
    }
    for (let i = 0; i < 5; i += 1) assert.match(await rawRequest(tcpPort), /127\.0\.0\.2$/);
  });

  it('an endpoint that is unready or belongs to a Service nobody uses takes nothing', async (t) => {
    const { plane, worker, agent, port, target } = await serveApp(t);
    const slice = sampleSlice('app', 'one', HOSTS, target);
    const endpoints = HOSTS.map((host, index) => ({
      addresses: [host],
      conditions: { ready: index === 1 },
    }));
    await plane.apply({ ...slice, endpoints } as typeof slice);
    await plane.apply(sampleService('unused'));
    await plane.apply(sampleSlice('unused', 'of-unused', ['127.0.0.77']));
    await eventually(async () => {
      const { services, workloads } = await dumpOf(worker);
      assert.deepEqual(
        services.map(({ hostname }) => hostname),
        ['app.httpbin.svc.cluster.local'],
      );
      assert.equal(workloads.filter(({ status }) => status === 'Unhealthy').length, 3);
    });
    for (let i = 0; i < 10; i += 1) assert.equal((await ask(port, agent)).text, '127.0.0.3');
  });
});

async function upstreamsOf(worker: Worker): Promise<string[]> {
  const { port } = worker.addresses.admin;
  const answer = await fetch(`http://127.0.0.1:${port}/connections?side=upstream`);
  const { connections } = (await answer.json()) as { connections: { peer: string }[] };
  return [...new Set(connections.map(({ peer }) => peer.replace(/:\d+$/, '')))].sort();
}

async function rawRequest(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe('an endpoint change on the wire', () => {
  it('is one response with the changed resource, to the workers that use it', async (t) => {
    const plane = await startPlane(t);
    await plane.apply(gatewayWith([{ name: 'http', port: 8080, protocol: 'HTTP' }]));
    await plane.apply(sampleService('app'));
    await plane.apply(sampleSlice('app', 'one', ['10.0.0.1', '10.0.0.2']));
    await plane.apply(serviceRoute('HTTPRoute', 'web', 'http', 80));
    await plane.untilVersion(2);
    const worker = plane.connect();
    await worker.open();
    await plane.apply(sampleSlice('app', 'one', ['10.0.0.1', '10.0.0.3']));
    const update = await worker.next();
    const uid = 'local/discovery.k8s.io/EndpointSlice/httpbin/app/10.0.0';
    assert.deepEqual(namesOf(update), [`${uid}.3`, `-${uid}.2`]);
    assert.equal(update.typeUrl, wire.address.typeUrl);
    assert.equal(update.systemVersionInfo, undefined);
    worker.ack(update);
    await worker.assertQuiet();
    assert.equal(await headOf(plane), 2);
  });
});

describe('certificates of listeners', () => {
  const https = {
    name: 'https',
    port: 8443,
    protocol: 'HTTPS',
    tls: { certificateRefs: [{ name: 'cert' }] },
  };
  const http = { name: 'http', port: 8080, protocol: 'HTTP' };
  const LISTENER = 'listener/httpbin/agentgateway-proxy.https';

  it('a rotated Secret is one response with one resource, and is nowhere but in itself', async (t) => {
    const lines: string[] = [];
    const logger = createLogger({
      ...{ name: 'test', level: 'trace' },
      destination: { write: (line: string) => void lines.push(line) },
    });
    const plane = await startTestControlPlane({ storeKind: 'lmdb', logger });
    t.after(() => plane.remove());
    await plane.apply(tlsSecret(CERTIFICATES.a));
    await plane.apply(gatewayWith([http, https]));
    await plane.untilVersion(1);
    const worker = plane.connect();
    const first = await worker.open();
    const tlsOf = (response: typeof first) => {
      const found = response.resources.find(({ name }) => name === LISTENER);
      const { listener } = wire.resource.decode(Buffer.from(found?.resource?.value ?? []));
      return [String(listener?.tls?.cert), String(listener?.tls?.privateKey), found?.version];
    };
    const [certificate, privateKey, version] = tlsOf(first);
    assert.deepEqual([certificate, privateKey], Object.values(CERTIFICATES.a));

    await plane.apply(tlsSecret(CERTIFICATES.b));
    const rotated = await worker.next();
    assert.deepEqual(namesOf(rotated), [LISTENER]);
    const [newCertificate, newKey, newVersion] = tlsOf(rotated);
    assert.deepEqual([newCertificate, newKey], Object.values(CERTIFICATES.b));
    assert.notEqual(newVersion, version);
    assert.equal(rotated.systemVersionInfo, first.systemVersionInfo);
    worker.ack(rotated);
    await worker.assertQuiet();
    assert.equal(await headOf(plane), 1);

    const shown = await plane.get('/api/v1/namespaces/httpbin/secrets/cert');
    await plane.stop();
    await assertOnlyInSecret(plane.dataDir);
    const told = `${JSON.stringify(shown)}${lines.join('')}`;
    for (const text of forbiddenTexts()) assert.ok(!told.includes(text));
  });

  it('one that breaks takes its own listener away and nothing else; repaired, it is back', async (t) => {
    const plane = await startPlane(t);
    await plane.apply(tlsSecret(CERTIFICATES.a));
    await plane.apply(gatewayWith([http, https]));
    await plane.apply(serviceRoute('HTTPRoute', 'web', 'https', 80));
    await plane.untilVersion(2);
    const worker = plane.connect();
    await worker.open();
    const mixed = {
      certificate: CERTIFICATES.a.certificate,
      privateKey: CERTIFICATES.b.privateKey,
    };
    await plane.apply(tlsSecret(mixed));
    const gone = new Set<string>();
    while (gone.size < 3) {
      const update = await worker.next();
      for (const name of namesOf(update)) gone.add(name);
      worker.ack(update);
    }
    assert.deepEqual([...gone].sort(), [
      '-bind/8443/httpbin/agentgateway-proxy',
      `-${LISTENER}`,
      '-route/httpbin/web.00.https',
    ]);
    await eventually(async () => {
      const { body } = await plane.get(
        '/apis/gateway.networking.k8s.io/v1/namespaces/httpbin/gateways/agentgateway-proxy',
      );
      const text = JSON.stringify(body);
      assert.match(text, /InvalidCertificateRef/);
      assert.match(text, /does not belong to its certificate/);
    });
    await plane.apply(tlsSecret(CERTIFICATES.b));
    const back = await worker.next();
    assert.deepEqual(namesOf(back), [
      'bind/8443/httpbin/agentgateway-proxy',
      LISTENER,
      'route/httpbin/web.00.https',
    ]);
  });

  it('our worker opens no port for it, serves the rest, and keeps no key on its disk', async (t) => {
    const [plane, offset] = [await startPlane(t), await findPortOffset()];
    await plane.apply(tlsSecret(CERTIFICATES.a));
    // A port of the free range stands for 443.
    await plane.apply(gatewayWith([http, { ...https, port: 8090 }]));
    await plane.untilVersion(1);
    await startTestWorker(t, plane, offset);
    const agent = new Agent();
    await eventually(async () => assert.equal((await ask(8080 + offset, agent)).status, 404));
    await assert.rejects(ask(8090 + offset, agent), { code: 'ECONNREFUSED' });
    await eventually(async () => {
      const { body } = await plane.get(
        '/apis/gateway.networking.k8s.io/v1/namespaces/httpbin/gateways/agentgateway-proxy',
      );
      const { status } = body as {
        status: { listeners: { name: string; conditions: { type: string; message: string }[] }[] };
      };
      const programmed = status.listeners.map(({ name, conditions }) => {
        const found = conditions.find(({ type }) => type === 'Programmed');
        return `${name}: ${found?.message}`;
      });
      assert.deepEqual(programmed, [
        'http: the workers listen',
        'https: refused: binds of protocol TLS are not served by this worker',
      ]);
    });
    const probe = createTcpServer().listen(8090 + offset, '127.0.0.1');
    await once(probe, 'listening');
    probe.close();
    const file = join(plane.dataDir, 'worker', 'last-good.json');
    const text = await eventually(() => readFileSync(file, 'utf8'));
    const { resources } = JSON.parse(text) as { resources: { name: string; bytes: string }[] };
    assert.ok(resources.some(({ name }) => name === 'listener/httpbin/agentgateway-proxy.http'));
    assert.ok(!resources.some(({ name }) => name === LISTENER));
    for (const { bytes } of resources) {
      assert.ok(!Buffer.from(bytes, 'base64').includes('PRIVATE KEY'));
    }
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });
});

/** Base64 and PEM of what may be in a Secret and nowhere else. */
function forbiddenTexts(): string[] {
  return Object.values(CERTIFICATES).flatMap(({ privateKey }) => {
    const secret = privateKey.split('\n').slice(1, -2).join('');
    return [secret, privateKey.split('\n')[1] ?? '', Buffer.from(privateKey).toString('base64')];
  });
}

/** The material must be in the Secret's own object, as the log wrote it, and in no other byte of the data directory. */
async function assertOnlyInSecret(dataDir: string): Promise<void> {
  const holds = (text: string): boolean => {
    if (forbiddenTexts().some((one) => text.includes(one))) return true;
    // Contents of versions are base64 of messages.
    const inner = text.match(/[A-Za-z0-9+/=]{40,}/g) ?? [];
    return inner.some((one) => Buffer.from(one, 'base64').includes('PRIVATE KEY'));
  };
  const key = 'objects/core/secrets/httpbin/cert';
  const store = await openLmdbStore({ dir: dataDir, newStoreId: () => 'never' });
  try {
    const holding = store.list('').entries.filter(({ value }) => holds(JSON.stringify(value)));
    assert.deepEqual(
      holding.map((entry) => entry.key),
      [key],
    );
    const written: string[] = [];
    const stop = store.watch(0, ({ ops, ...head }) => {
      assert.ok(!holds(JSON.stringify(head)));
      for (const op of ops) if (holds(JSON.stringify(op))) written.push(op.key);
    });
    await eventually(() => assert.deepEqual([...new Set(written)], [key]));
    stop();
  } finally {
    await store.close();
  }
  for (const name of readdirSync(dataDir)) {
    const path = join(dataDir, name);
    if (name.startsWith('store.mdb') || !statSync(path).isFile()) continue;
    assert.ok(!holds(readFileSync(path, 'latin1')), name);
    if (name === 'digest.key') assert.equal(statSync(path).mode & 0o777, 0o600);
  }
}
