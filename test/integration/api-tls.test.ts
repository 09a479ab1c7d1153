// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, get as getPlain, type IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { connect, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { renderKubeconfig } from '../../control-plane/cli/kubeconfig/kubeconfig.js';
import { openServerCertificate } from '../../control-plane/pki/server-certificate.js';
import { serverNames } from '../../control-plane/pki/server-names.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { type ManualClock, manualClock } from '../../shared/time/manual-clock.js';
import { startTestApi, type TestApi } from '../support/api-server.js';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.js';
import { eventually } from '../support/eventually.js';
import { findKubectls, whyNoKubectl } from '../support/kubectl.js';

const run = promisify(execFile);
const DAY_MS = 86_400_000;
const logger = createLogger({ name: 'test', level: 'silent' });

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Everything that comes until the other side ends. */
function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk));
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.once('close', () => resolve(text)));
}

/** The connection, with every byte that is written in a segment of its own. */
function byteByByte(socket: Socket): Duplex {
  const slow = new Duplex({
    read: () => socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void writeBytes(socket, chunk).then(() => done()),
  });
  socket.on('data', (chunk: Buffer) => slow.push(chunk) || socket.pause());
  socket.once('close', () => slow.destroy());
  return slow;
}

async function writeBytes(socket: Socket, bytes: Buffer): Promise<void> {
  for (const byte of bytes) {
    await new Promise<void>((sent) => {
      socket.write(Buffer.of(byte), () => setImmediate(sent));
    });
  }
}

describe('the API port', () => {
  let controlPlane: TestControlPlane;
  let ca: string;
  let port: number;
  let token: string;
  before(async () => {
    controlPlane = await startTestControlPlane();
    ca = readFileSync(join(controlPlane.dataDir, 'ca.crt'), 'utf8');
    token = readFileSync(join(controlPlane.dataDir, 'api.token'), 'utf8').trim();
    port = controlPlane.running.apiAddress.port;
  });
  after(() => controlPlane.remove());

  for (const name of ['127.0.0.1', 'localhost']) {
    it(`shows a certificate that the authority signed for ${name}`, async () => {
      const [response] = (await once(
        get(`https://${name}:${port}/readyz`, { ca }),
        'response',
      )) as [IncomingMessage];
      assert.equal(response.statusCode, 200);
      assert.equal(await collect(response), 'ok\n');
    });
  }

  it('is not trusted without that authority', async () => {
    const [error] = (await once(get(`https://127.0.0.1:${port}/readyz`), 'error')) as [
      NodeJS.ErrnoException,
    ];
    assert.match(error.code ?? '', /UNABLE_TO_VERIFY|SELF_SIGNED/);
  });

  it('speaks HTTP/1.1 by ALPN', async () => {
    const socket = connectTls({ host: '127.0.0.1', port, ca, ALPNProtocols: ['h2', 'http/1.1'] });
    await once(socket, 'secureConnect');
    assert.equal(socket.alpnProtocol, 'http/1.1');
    socket.destroy();
  });

  it('serves plain HTTP of this machine on the same port, and keeps the connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (let n = 0; n < 3; n += 1) {
      const request = getPlain(`http://127.0.0.1:${port}/readyz`, { agent });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      ports.add(response.socket.localPort);
      assert.equal(await collect(response), 'ok\n');
    }
    assert.equal(ports.size, 1);
    agent.destroy();
  });

  it('takes a plain request that comes byte by byte', async () => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const answer = readAll(socket);
    await once(socket, 'connect');
    const text = 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    await writeBytes(socket, Buffer.from(text));
    assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*ok\n$/);
  });

  it('takes a TLS handshake that comes byte by byte', async () => {
    const relay = connect({ host: '127.0.0.1', port, noDelay: true });
    const tls = connectTls({ socket: byteByByte(relay), servername: 'localhost', ca });
    await once(tls, 'secureConnect');
    const answer = readAll(tls);
    tls.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*ok\n$/);
  });

  it('takes pipelined requests in one segment, plain and over TLS', async () => {
    const twice = 'GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const text = `${twice}GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    const plain = connect({ host: '127.0.0.1', port });
    const tls = connectTls({ host: '127.0.0.1', port, ca });
    for (const socket of [plain, tls]) {
      const answer = readAll(socket);
      socket.write(text);
      assert.equal((await answer).match(/HTTP\/1\.1 200 OK/g)?.length, 2);
    }
  });

  it('outlives garbage, half handshakes and resets', async () => {
    const openings = ['\x16', '\x16\x03\x01\xff\xff', '\x16'.repeat(300), '\0\0\0', 'GET', '\r\n'];
    for (const opening of openings) {
      const socket = connect({ host: '127.0.0.1', port });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      await new Promise((sent) => socket.write(Buffer.from(opening, 'latin1'), sent));
      socket.resetAndDestroy();
    }
    const request = get(`https://127.0.0.1:${port}/readyz`, { ca, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    assert.equal(await collect(response), 'ok\n');
  });

  it('is trusted by the stock kubectl with token and authority of the kubeconfig', {
    skip: whyNoKubectl(),
  }, async () => {
    const [kubectl] = findKubectls();
    const kubeconfig = join(controlPlane.dataDir, 'kubeconfig');
    const server = `https://127.0.0.1:${port}`;
    const content = { server, certificateAuthority: ca, token, workerAdmin: '127.0.0.1:15000' };
    writeFileSync(kubeconfig, renderKubeconfig(content), { mode: 0o600 });
    // A path that needs the token: kubectl sends none over plain HTTP.
    const args = ['--kubeconfig', kubeconfig, 'get', '--raw', '/metrics'];
    const { stdout } = await run(kubectl.path, args);
    assert.match(stdout, /^heartline_/m);
  });
});

describe('plain HTTP of another machine', () => {
  const elsewhere = Object.values(networkInterfaces())
    .flatMap((all = []) => all)
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  const skip = elsewhere === undefined ? 'this machine has loopback addresses only' : false;

  it('is told to use https, and ended', { skip }, async () => {
    const api = await startTestApi(undefined, { host: '0.0.0.0' });
    try {
      const socket = connect({ host: elsewhere, port: api.address.port });
      socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n');
      const answer = await readAll(socket);
      assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
      assert.match(answer, /use https/);
      const tls = connectTls({
        host: elsewhere,
        port: api.address.port,
        rejectUnauthorized: false,
      });
      const served = readAll(tls);
      tls.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      assert.match(await served, /^HTTP\/1\.1 200 OK/);
    } finally {
      await api.close();
    }
  });
});

describe('a connection that says nothing', () => {
  let clock: ManualClock;
  let api: TestApi;
  before(async () => {
    clock = manualClock();
    api = await startTestApi(undefined, { clock });
  });
  after(() => api.close());

  it('is closed after 10 s', async () => {
    const socket = connect({ host: '127.0.0.1', port: api.address.port });
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await eventually(() => assert.equal(clock.pending(), 1));
    clock.advance(9_999);
    assert.equal(clock.pending(), 1);
    clock.advance(1);
    await closed;
    assert.equal(clock.pending(), 0);
  });

  it('does not hold up the end of the server', async () => {
    const other = await startTestApi(undefined, { clock });
    const socket = connect({ host: '127.0.0.1', port: other.address.port });
    await once(socket, 'connect');
    await eventually(() => assert.equal(clock.pending(), 1));
    const closed = once(socket, 'close');
    await other.close();
    await closed;
  });
});

describe('the certificates of an installation', () => {
  let dataDir: string;
  before(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'heartline-pki-'));
  });
  after(() => rmSync(dataDir, { recursive: true, force: true }));

  const NAMES = serverNames({ host: '127.0.0.1', hostname: 'Box.example', addresses: [] });
  const open = (clock: ManualClock, names = NAMES) =>
    openServerCertificate({ dataDir, names, clock, logger });
  const text = (name: string): string => readFileSync(join(dataDir, name), 'utf8');

  async function shown(port: number): Promise<PeerCertificate> {
    const socket: TLSSocket = connectTls({ host: '127.0.0.1', port, ca: text('ca.crt') });
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerCertificate();
    socket.destroy();
    return certificate;
  }

  it('are made once, the keys for their owner only, and found again', async () => {
    const clock = manualClock(Date.now());
    const first = await open(clock);
    first.stop();
    for (const name of ['ca.key', 'server.pem']) {
      assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name);
    }
    const again = await open(clock);
    again.stop();
    assert.equal(again.current().certificate, text('server.pem'));
    // As text, not as a pattern: base64 has a plus.
    assert.ok(text('server.pem').includes(first.current().certificate.slice(28, 80)));
  });

  it('are issued anew for other names, by the same authority', async () => {
    const clock = manualClock(Date.now());
    const before = { authority: text('ca.crt'), server: text('server.pem') };
    const names = serverNames({ host: '127.0.0.15', hostname: 'box', addresses: [] });
    (await open(clock, names)).stop();
    assert.notEqual(text('server.pem'), before.server);
    assert.equal(text('ca.crt'), before.authority);
  });

  it('are renewed while the server runs, when a third of their life is left', async () => {
    rmSync(dataDir, { recursive: true });
    dataDir = mkdtempSync(join(tmpdir(), 'heartline-pki-'));
    // Issued long ago, so that the client of today trusts both the old and the new one.
    const clock = manualClock(Date.now() - 300 * DAY_MS);
    const certificate = await open(clock);
    const api = await startTestApi(undefined, { clock, credentials: certificate });
    try {
      const { port } = api.address;
      const old = await shown(port);
      const held = connectTls({ host: '127.0.0.1', port, ca: text('ca.crt') });
      await once(held, 'secureConnect');
      clock.advance(240 * DAY_MS);
      assert.equal((await shown(port)).serialNumber, old.serialNumber, 'a third of a year is left');
      clock.advance(6 * DAY_MS);
      const renewed = await eventually(async () => {
        const now = await shown(port);
        assert.notEqual(now.serialNumber, old.serialNumber);
        return now;
      });
      assert.ok(Date.parse(renewed.valid_to) - Date.parse(old.valid_to) > 240 * DAY_MS);
      const answer = readAll(held);
      held.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      assert.match(await answer, /^HTTP\/1\.1 200 OK/, 'the open connection stays');
    } finally {
      certificate.stop();
      await api.close();
    }
    assert.equal(clock.pending(), 0, 'no timer is left');
  });

  it('are renewed at the start, when a third of their life is left', async () => {
    const clock = manualClock(Date.now() + 200 * DAY_MS);
    const before = text('server.pem');
    (await open(clock)).stop();
    assert.notEqual(text('server.pem'), before);
  });

  const BROKEN = [
    ['ca.crt', 'no certificate', /ca\.crt holds no certificate; restore/],
    ['ca.key', 'no key', /ca\.key holds no private key; restore/],
    ['ca.crt', undefined, /ca\.crt is missing while its other half is there/],
    ['ca.key', undefined, /ca\.key is missing while its other half is there/],
    ['server.pem', 'no certificate', /server\.pem holds no certificate; delete it/],
  ] as const;
  for (const [name, content, message] of BROKEN) {
    it(`are an error and stay as they are: ${name} with ${content ?? 'nothing'}`, async () => {
      const path = join(dataDir, name);
      const before = text(name);
      if (content === undefined) rmSync(path);
      else writeFileSync(path, content);
      await assert.rejects(open(manualClock(Date.now())), { code: 'CONFIG', message });
      if (content !== undefined) assert.equal(text(name), content);
      writeFileSync(path, before);
      chmodSync(path, 0o600);
    });
  }

  it('are an error when another authority signed the server certificate', async () => {
    const other = mkdtempSync(join(tmpdir(), 'heartline-pki-'));
    const clock = manualClock(Date.now());
    const foreign = { dataDir: other, names: NAMES, clock, logger };
    (await openServerCertificate(foreign)).stop();
    writeFileSync(join(other, 'server.pem'), text('server.pem'));
    await assert.rejects(openServerCertificate(foreign), {
      code: 'CONFIG',
      message: /server\.pem was issued by another authority than ca\.crt; delete it/,
    });
    assert.equal(readFileSync(join(other, 'server.pem'), 'utf8'), text('server.pem'));
    writeFileSync(join(other, 'ca.key'), text('ca.key'));
    await assert.rejects(openServerCertificate(foreign), { message: /key of another certificate/ });
    rmSync(other, { recursive: true });
  });

  it('are an error when the authority has expired', async () => {
    const clock = manualClock(Date.now() + 4000 * DAY_MS);
    await assert.rejects(open(clock), { code: 'CONFIG', message: /ca\.crt expired on/ });
  });
});
