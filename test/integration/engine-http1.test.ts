// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Registry } from 'prom-client';
import {
  get,
  type Http1Lab,
  type Http1LabOptions,
  request,
  startHttp1Lab,
} from '../conformance/http1-lab.js';
import { holds, type RawClient } from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { kernelSockets } from '../support/kernel-oracle.js';

const MIB = 1024 * 1024;
/** The promise is a second; what is asked here is above any noise of a busy machine. */
const SLACK_MS = 2000;
const ESTABLISHED = 1;

interface CountingLab extends Http1Lab {
  /** Value of a counter, summed over the samples that have this label. */
  readonly count: (name: string, label?: string) => Promise<number>;
}

async function startLab(t: TestContext, options: Http1LabOptions): Promise<CountingLab> {
  const registry = new Registry();
  const lab = await startHttp1Lab(t, { ...options, registry });
  const count = async (name: string, label = ''): Promise<number> => {
    const metric = await registry.getSingleMetric(name)?.get();
    const fitting = (metric?.values ?? []).filter(
      ({ labels }) => label === '' || Object.values(labels).includes(label),
    );
    return fitting.reduce((sum, { value }) => sum + value, 0);
  };
  return { ...lab, backend: lab.backend, count };
}

function assertWithin(actualMs: number, fromMs: number): void {
  const toMs = fromMs + SLACK_MS;
  assert.ok(actualMs >= fromMs && actualMs <= toMs, `${actualMs} ms, not in [${fromMs}, ${toMs}]`);
}

/** Bytes behind the head that the backend's first connection has kept. */
function bodyBytes({ backend }: Http1Lab): number {
  const [raw = ''] = backend.raw;
  return raw.length - raw.indexOf('\r\n\r\n') - '\r\n\r\n'.length;
}

/** Writes the text byte by byte until it is through or the other side has ended. */
async function drip(client: RawClient, text: string, everyMs: number): Promise<void> {
  for (const byte of text) {
    if (client.ended()) return;
    client.socket.write(byte);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

describe('a head that does not arrive', { concurrency: true }, () => {
  const limits = { http1HeadMs: 600 };
  const half = 'GET /slow HTTP/1.1\r\nhost: ';

  const rows: [string, (lab: Http1Lab) => Promise<RawClient>, string][] = [
    ['on a new connection', (lab) => lab.connect(), half],
    ['on a connection that was answered', (lab) => lab.connectWarm(), half],
    ['when its first bytes could still be HTTP/2', (lab) => lab.connect(), 'PRI * HT'],
  ];
  for (const [name, connect, text] of rows) {
    it(`ends in 408 ${name}`, async (t) => {
      const lab = await startLab(t, { limits });
      const client = await connect(lab);
      await new Promise((resolve) => setTimeout(resolve, 700));
      const firstByteMs = performance.now();
      client.socket.write(text);
      await client.until('HTTP/1.1 408 Request Timeout\r\n');
      assertWithin(performance.now() - firstByteMs, 590);
      await holds(client.ended);
      client.socket.destroy();
      await eventually(async () => {
        assert.equal(await lab.count('heartline_connections_closed_total', 'limit'), 1);
      });
    });
  }

  it('ends in 408 when it comes byte by byte', async (t) => {
    const lab = await startLab(t, { limits });
    const client = await lab.connect();
    const firstByteMs = performance.now();
    await drip(client, half.padEnd(100, 'a'), 50);
    assert.match(client.received(), /^HTTP\/1\.1 408 /);
    assertWithin(performance.now() - firstByteMs, 590);
  });

  it('is answered when it is slow and in time', async (t) => {
    const lab = await startLab(t, { limits: { http1HeadMs: 5000 } });
    const client = await lab.connect();
    await drip(client, get('/slow'), 20);
    await client.until('\r\n\r\nok');
  });

  it('does not shorten the life of an idle connection', async (t) => {
    const lab = await startLab(t, { limits: { http1HeadMs: 300 } });
    const client = await lab.connectWarm();
    const silent = await lab.connect();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (const each of [client, silent]) {
      each.socket.write(get('/late'));
      await holds(() => each.received().endsWith('\r\n\r\nok'));
      assert.equal(each.ended(), false);
    }
  });
});

describe('a body that does not arrive', { concurrency: true }, () => {
  const limits = { http1BodyMs: 600 };

  it('ends in 408, and the backend sees no end of it', async (t) => {
    const lab = await startLab(t, { limits });
    const client = await lab.connectWarm();
    client.socket.write(request('POST', '/silent', ['content-length: 10'], 'abc'));
    const lastByteMs = performance.now();
    await client.until('HTTP/1.1 408 ');
    assertWithin(performance.now() - lastByteMs, 590);
    await holds(client.ended);
    await eventually(() => assert.equal(lab.backend.ended.size, 1));
    assert.equal(lab.backend.requests.length, 1);
    assert.match(lab.backend.raw.join(''), /POST \/silent .*abc$/s);
    client.socket.destroy();
    await eventually(async () => {
      assert.equal(await lab.count('heartline_connections_closed_total', 'limit'), 1);
    });
  });

  it('is cut off when the answer has begun', async (t) => {
    const lab = await startLab(t, { limits });
    lab.backend.onHead = (_head, socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf');
      return true;
    };
    const client = await lab.connect();
    client.socket.write(request('POST', '/silent', ['content-length: 10'], 'abc'));
    await client.until('half');
    await holds(() => client.closed() || client.ended());
    assert.ok(client.received().endsWith('half'));
  });

  it('may be as slow as it likes while bytes come', async (t) => {
    const lab = await startLab(t, { limits });
    const client = await lab.connect();
    client.socket.write(request('POST', '/drip', ['content-length: 30']));
    await drip(client, 'a'.repeat(30), 60);
    await client.until('\r\n\r\nok');
  });

  it('may wait while the backend does not read, for what was not read cannot be sent', async (t) => {
    const lab = await startLab(t, { limits });
    let upstream: Socket | undefined;
    let bytes = 0;
    lab.backend.onHead = (_head, socket) => {
      upstream = socket.pause();
      bytes = bodyBytes(lab);
      return true;
    };
    const size = 64 * MIB;
    const client = await lab.connect();
    client.socket.write(request('POST', '/held', [`content-length: ${size}`]));
    client.socket.write(Buffer.alloc(size, 'a'));
    await holds(() => upstream !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.equal(client.received(), '');
    // What nobody reads is not kept by us: the rest is still the client's.
    assert.ok(client.socket.bytesWritten - client.socket.writableLength < size);
    upstream?.removeAllListeners('data');
    upstream?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes >= size) upstream?.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
    upstream?.resume();
    await client.until('\r\n\r\nok');
  });
});

describe('an idle HTTP/1 connection', { concurrency: true }, () => {
  it('counts a request that crosses our FIN apart, and passes nothing of it on', async (t) => {
    const lab = await startLab(t, { http: { http1IdleTimeoutMs: 1000 } });
    const client = await lab.connectWarm();
    await holds(client.ended);
    client.socket.write(get('/crossed'));
    await eventually(async () => {
      assert.equal(await lab.count('heartline_http1_crossed_requests_total'), 1);
    });
    await lab.settle();
    assert.ok(!lab.backend.raw.join('').includes('/crossed'));
    await eventually(async () => {
      assert.equal(await lab.count('heartline_connections_closed_total', 'http1_idle'), 1);
    });
  });

  it('is gone soon after its FIN when the client does not end it', async (t) => {
    const lab = await startLab(t, {
      http: { http1IdleTimeoutMs: 1000 },
      limits: { http1LingerMs: 300 },
    });
    const client = await lab.connectWarm();
    await holds(client.ended);
    const endedMs = performance.now();
    await eventually(() => assert.equal(lab.engine.summary().open, 0), { everyMs: 10 });
    assertWithin(performance.now() - endedMs, 250);
  });

  it('ends at its age; a request at that moment is answered, with Connection: close', async (t) => {
    const lab = await startLab(t, { http: { maxConnectionDurationMs: 1000 } });
    const client = await lab.connectWarm();
    const begin = 'GET /at-age HTTP/1.1\r\n';
    await new Promise((resolve) => setTimeout(resolve, 800));
    client.socket.write(begin);
    await new Promise((resolve) => setTimeout(resolve, 500));
    client.socket.write('host: a\r\n\r\n');
    await holds(client.ended);
    assert.match(client.received(), /200 OK.*200 OK.*connection: close/s);
    client.socket.destroy();
    await eventually(async () => {
      assert.equal(await lab.count('heartline_connections_closed_total', 'max_age'), 1);
    });
  });
});

describe('an answer before the end of its request', { concurrency: true }, () => {
  it('is delivered whole, and the connection ends when the rest does not come', async (t) => {
    const lab = await startLab(t, { limits: { http1LingerMs: 500 } });
    lab.backend.onHead = (_head, socket) => {
      socket.write(`HTTP/1.1 413 X\r\ncontent-length: ${MIB}\r\n\r\n${'z'.repeat(MIB)}`);
      return true;
    };
    const client = await lab.connect();
    client.socket.write(request('POST', '/early', ['content-length: 1000000000'], 'abc'));
    await client.until('zz');
    await holds(
      () => client.received().endsWith('z'.repeat(1000)) && client.received().length > MIB,
    );
    await holds(() => client.closed() || client.ended());
    await eventually(async () => {
      assert.equal(await lab.count('heartline_connections_closed_total', 'limit'), 1);
    });
  });

  it('ends the connection of a client that sends on without end', async (t) => {
    const lab = await startLab(t, { http: { maxBufferBytes: 64 * 1024 } });
    lab.backend.onHead = (_head, socket) => {
      socket.write('HTTP/1.1 413 X\r\ncontent-length: 2\r\n\r\nok');
      return true;
    };
    const client = await lab.connect();
    client.socket.write(request('POST', '/endless', ['content-length: 1000000000'], 'abc'));
    await client.until('\r\n\r\nok');
    const chunk = Buffer.alloc(64 * 1024);
    while (!client.closed()) {
      client.socket.write(chunk);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok(client.socket.bytesWritten < 64 * MIB);
  });
});

describe('a connection through a balancer', () => {
  const proxyProtocol = { versions: 'all', mode: 'strict' } as const;

  it('names the client behind it in X-Forwarded-For, and the balancer nowhere', async (t) => {
    const lab = await startLab(t, { proxyProtocol });
    const client = await lab.connect();
    client.socket.write('PROXY TCP6 2001:db8::7 2001:db8::1 4711 80\r\n');
    client.socket.write(get('/behind', ['x-forwarded-for: 192.0.2.1']));
    const { fields } = await lab.arrived('/behind');
    assert.ok(fields.includes('x-forwarded-for: 192.0.2.1, 2001:db8::7'), fields.join());
  });

  it('has the time of a head from the first byte behind the PROXY header', async (t) => {
    const lab = await startLab(t, { proxyProtocol, limits: { http1HeadMs: 600 } });
    const client = await lab.connect();
    client.socket.write('PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(client.received(), '');
    const firstByteMs = performance.now();
    client.socket.write('GET / HTTP/1.1\r\n');
    await client.until('HTTP/1.1 408 ');
    assertWithin(performance.now() - firstByteMs, 590);
  });
});

describe('clients that go away', () => {
  it('200 in the middle of an answer leave the pool as good as new', async (t) => {
    const lab = await startLab(t, {});
    lab.backend.onHead = ({ path }, socket) => {
      if (path !== '/large') return false;
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${64 * MIB}\r\n\r\n`);
      socket.write(Buffer.alloc(MIB));
      return true;
    };
    for (let i = 0; i < 4; i += 1) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => lab.connect()));
      for (const { socket } of clients) socket.write(get('/large'));
      await Promise.all(clients.map(({ socket }) => once(socket, 'data')));
      for (const { socket } of clients) socket.pause();
      for (const { socket } of clients) socket.resetAndDestroy();
    }
    await eventually(() => assert.equal(lab.engine.summary().open, 0));
    // The kernel's word, not the pool's: no connection to the backend is left that carried one of these.
    await eventually(async () => {
      const open = (await kernelSockets()).filter(
        ({ remotePort, state }) => remotePort === lab.backend.port && state === ESTABLISHED,
      );
      assert.equal(open.length, 0);
    });
    const clients = await Promise.all(Array.from({ length: 100 }, () => lab.connectWarm()));
    assert.equal(clients.length, 100);
    const { connections } = await lab.engine.query({ afterId: 0, limit: 1000, side: 'upstream' });
    assert.deepEqual(
      connections.filter(({ state }) => state !== 'idle'),
      [],
    );
  });
});

describe('an upload of 256 MiB', () => {
  it('passes a slow backend, and little of it is held on the way at a maxBufferSize of 64 KiB', async (t) => {
    const lab = await startLab(t, { http: { maxBufferBytes: 64 * 1024 } });
    const size = 256 * MIB;
    let received = 0;
    lab.backend.onHead = (_head, socket) => {
      socket.removeAllListeners('data');
      received = bodyBytes(lab);
      socket.on('data', (chunk: Buffer) => {
        const pauses = Math.floor((received + chunk.length) / MIB) - Math.floor(received / MIB);
        received += chunk.length;
        if (received === size) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        else if (pauses > 0) setTimeout(() => socket.resume(), 2);
        if (pauses > 0) socket.pause();
      });
      return true;
    };
    const client = await lab.connect();
    client.socket.write(request('POST', '/large', [`content-length: ${size}`]));
    const chunk = Buffer.alloc(MIB);
    let held = 0;
    for (let sent = 0; sent < size; sent += chunk.length) {
      if (!client.socket.write(chunk)) await once(client.socket, 'drain');
      held = Math.max(held, sent - received);
    }
    await client.until('\r\n\r\nok');
    // The buffers of four sockets in the kernel, 4 to 6 MiB each at most, and what we keep.
    assert.ok(held < 48 * MIB, `${held / MIB} MiB`);
  });
});

/** Blocks the loop of this process, so these run alone. */
describe('a loop that was blocked', () => {
  const block = (ms: number): void => {
    const untilMs = performance.now() + ms;
    while (performance.now() < untilMs);
  };

  it('answers a head and a body whose rest arrived meanwhile', async (t) => {
    const lab = await startLab(t, { limits: { http1HeadMs: 600, http1BodyMs: 600 } });
    const [head, body] = await Promise.all([lab.connect(), lab.connect()]);
    head.socket.write('GET /head HTTP/1.1\r\n');
    body.socket.write(request('POST', '/body', ['content-length: 4'], 'ab'));
    await holds(() => lab.backend.raw.join('').includes('/body'));
    head.socket.write('host: a\r\n\r\n');
    body.socket.write('cd');
    block(1500);
    await Promise.all([head.until('\r\n\r\nok'), body.until('\r\n\r\nok')]);
  });
});
