// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { WebSocket, WebSocketServer } from 'ws';
import {
  bindPlan,
  connectRaw,
  holds,
  listenOnLoopback,
  localBackend,
  plan,
  portOf,
  startBackend,
  startEngine,
} from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';

const MIB = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly rawHeaders: string[];
  readonly body: Buffer;
  readonly trailers: NodeJS.Dict<string>;
}

interface Ask {
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: NodeJS.Dict<string | string[]>;
  readonly body?: Buffer;
}

async function ask({ port, path = '/', method = 'GET', headers = {}, body }: Ask): Promise<Answer> {
  const request = httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false });
  request.end(body);
  const [response] = await once(request, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { statusCode: status, rawHeaders, trailers } = response;
  return { status, headers: response.headers, rawHeaders, body: Buffer.concat(chunks), trailers };
}

async function gateway(t: TestContext, backendPort: number, http = {}): Promise<number> {
  const engine = startEngine(t);
  await engine.apply(plan('1', { backendPort, http }));
  return portOf(engine);
}

describe('HTTP/1 through the engine', () => {
  it('passes method, path, query, body and status; removes hop-by-hop headers both ways', async (t) => {
    const seen: string[][] = [];
    const backend = await startBackend(t, (request, response) => {
      seen.push([`${request.method} ${request.url}`, ...request.rawHeaders]);
      response.writeHead(201, 'Made', [
        ['X-Kept', '1'],
        ['Connection', 'x-named'],
        ['X-Named', 'drop'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['Proxy-Authenticate', 'drop'],
      ]);
      request.pipe(response);
    });
    const port = await gateway(t, backend);
    const answer = await ask({
      port,
      method: 'PUT',
      path: '/a/b?c=d',
      headers: {
        host: 'example.test:81',
        'x-kept': 'yes',
        te: 'trailers',
        'x-secret': 'drop',
        connection: 'keep-alive, X-Secret',
        'proxy-authorization': 'drop',
        'content-length': '5',
      },
      body: Buffer.from('hello'),
    });
    assert.equal(answer.status, 201);
    assert.equal(answer.body.toString(), 'hello');
    assert.equal(answer.headers['x-kept'], '1');
    assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(answer.headers['x-named'], undefined);
    assert.equal(answer.headers['proxy-authenticate'], undefined);
    const [received = []] = seen;
    assert.equal(received[0], 'PUT /a/b?c=d');
    const names = received.slice(1).filter((_, index) => index % 2 === 0);
    assert.deepEqual(names.map((name) => name.toLowerCase()).sort(), [
      'connection',
      'content-length',
      'host',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-kept',
    ]);
    assert.ok(received.includes('example.test:81'));
  });

  it('keeps header case when asked to', async (t) => {
    const seen: string[] = [];
    const backend = await startBackend(t, (request, response) => {
      seen.push(...request.rawHeaders);
      response.setHeader('X-MiXed', '1');
      response.end('x');
    });
    const kept = await ask({
      port: await gateway(t, backend, { http1HeaderCase: 'preserve' }),
      headers: { 'X-CliEnt': '1' },
    });
    assert.ok(kept.rawHeaders.includes('X-MiXed'));
    assert.ok(seen.includes('X-CliEnt'));
    const lowered = await ask({
      port: await gateway(t, backend, { http1HeaderCase: 'lowercase' }),
      headers: { 'X-CliEnt': '1' },
    });
    assert.ok(lowered.rawHeaders.includes('x-mixed'));
    assert.ok(seen.includes('x-client'));
    const uppercase = lowered.rawHeaders.filter((part, i) => i % 2 === 0 && /[A-Z]/.test(part));
    assert.deepEqual(uppercase, []);
  });

  const bodiless: [string, string, number][] = [
    ['HEAD', '/head', 200],
    ['GET', '/204', 204],
    ['GET', '/304', 304],
  ];
  for (const [method, path, status] of bodiless) {
    it(`${method} ${path} has no body and leaves the connection usable`, async (t) => {
      const backend = await startBackend(t, (request, response) => {
        response.statusCode = Number(request.url?.slice(1)) || 200;
        if (method === 'HEAD') response.setHeader('content-length', '11');
        response.end(method === 'HEAD' ? undefined : '');
      });
      const client = await connectRaw(t, await gateway(t, backend));
      for (let i = 1; i <= 2; i += 1) {
        client.socket.write(`${method} ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
        await eventually(() => {
          const heads = client.received().split(`HTTP/1.1 ${status} `).length - 1;
          assert.equal(heads, i);
        });
      }
      assert.ok(client.received().endsWith('\r\n\r\n'));
      assert.equal(/transfer-encoding/i.test(client.received()), false);
      if (method === 'HEAD') assert.match(client.received(), /content-length: 11/i);
    });
  }

  it('streams an upload far above maxBufferSize', async (t) => {
    const hash = createHash('sha256');
    const backend = await startBackend(t, (request, response) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        hash.update(chunk);
      });
      request.on('end', () => response.end(`${bytes} ${hash.digest('hex')}`));
    });
    const body = randomBytes(64 * MIB);
    const port = await gateway(t, backend, { maxBufferBytes: 65_536 });
    const answer = await ask({ port, method: 'POST', body });
    const digest = createHash('sha256').update(body).digest('hex');
    assert.equal(answer.body.toString(), `${body.length} ${digest}`);
  });

  it('sends the head of a response whose body is still silent', async (t) => {
    let finish: () => void = () => undefined;
    const backend = await startBackend(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      finish = () => response.end('done');
    });
    const client = await connectRaw(t, await gateway(t, backend));
    client.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await client.until('text/event-stream\r\n');
    finish();
    await client.until('done');
  });

  it('passes trailers of the backend', async (t) => {
    const backend = await startBackend(t, (_request, response) => {
      response.writeHead(200, { trailer: 'x-sum' });
      response.write('body');
      response.addTrailers({ 'x-sum': '42' });
      response.end();
    });
    const answer = await ask({ port: await gateway(t, backend) });
    assert.equal(answer.trailers['x-sum'], '42');
  });

  it('answers 431 to more header fields than allowed, and not to as many', async (t) => {
    const backend = await startBackend(t, (_request, response) => response.end('ok'));
    const port = await gateway(t, backend, { http1MaxHeaders: 10 });
    const head = (fields: number): string => {
      const extra = Array.from({ length: fields - 1 }, (_, i) => `x-${i}: 1\r\n`).join('');
      return `GET / HTTP/1.1\r\nhost: a\r\n${extra}\r\n`;
    };
    const client = await connectRaw(t, port);
    client.socket.write(head(10));
    await client.until('ok');
    client.socket.write(head(11));
    await client.until('HTTP/1.1 431');
    await holds(() => client.closed() || client.ended());
  });

  const refused: [string, string, RegExp][] = [
    ['two Host headers', 'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n', /^HTTP\/1.1 400/],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n', /^HTTP\/1.1 405/],
    ['garbage', 'hello world\r\n\r\n', /^HTTP\/1.1 400/],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      /^HTTP\/1.1 400/,
    ],
  ];
  for (const [name, text, expected] of refused) {
    it(`refuses ${name}`, async (t) => {
      const backend = await startBackend(t, (_request, response) => response.end('reached'));
      const client = await connectRaw(t, await gateway(t, backend));
      client.socket.write(text);
      await eventually(() => assert.match(client.received(), expected));
      assert.equal(client.received().includes('reached'), false);
      await holds(() => client.closed() || client.ended());
    });
  }

  it('answers a client that half-closes after its request', async (t) => {
    const backend = await startBackend(t, (_request, response) => {
      setTimeout(() => response.end('answered'), 20);
    });
    const client = await connectRaw(t, await gateway(t, backend));
    client.socket.end('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await client.until('answered');
  });

  it('answers 404 without a route, 500 without a backend or when refused, 503 when the backend is down', async (t) => {
    const shape = bindPlan({ backendPort: 1 });
    const [listener] = shape.listeners;
    assert.ok(listener);
    const route = (path: string, extra: object) => ({
      key: path,
      hostnames: [],
      pathMatch: { type: 'prefix' as const, value: path },
      backends: [],
      ...extra,
    });
    const closed = createServer();
    const closedPort = await listenOnLoopback(t, closed);
    closed.close();
    const routes = [
      route('/none', {}),
      route('/refused', { refusal: { reason: 'authentication is not enforced here' } }),
      route('/down', { backends: [localBackend(closedPort)] }),
    ];
    const engine = startEngine(t);
    const binds = [{ ...shape, listeners: [{ ...listener, routes }] }];
    await engine.apply({ ...plan('1'), binds });
    const port = portOf(engine);
    const statuses = await Promise.all(
      ['/', '/none', '/refused', '/down'].map(async (path) => (await ask({ port, path })).status),
    );
    assert.deepEqual(statuses, [404, 500, 500, 503]);
  });

  it('leaves the pool working when a client goes away in the middle of a response', async (t) => {
    const backend = await startBackend(t, (request, response) => {
      if (request.url === '/small') response.end('small');
      else response.end(Buffer.alloc(32 * MIB));
    });
    const engine = startEngine(t);
    await engine.apply(plan('1', { backendPort: backend }));
    const port = portOf(engine);
    for (let i = 0; i < 20; i += 1) {
      const client = await connectRaw(t, port);
      client.socket.write('GET /large HTTP/1.1\r\nhost: a\r\n\r\n');
      await once(client.socket, 'data');
      client.socket.pause();
      client.socket.destroy();
    }
    await eventually(async () => {
      const upstream = await engine.query({ afterId: 0, limit: 100, side: 'upstream' });
      assert.deepEqual(
        upstream.connections.filter(({ state }) => state === 'busy'),
        [],
      );
    });
    assert.equal((await ask({ port, path: '/small' })).body.toString(), 'small');
  });

  it('tells the client when the backend breaks off in the middle', async (t) => {
    const backend = await startBackend(t, (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    await assert.rejects(ask({ port: await gateway(t, backend) }));
  });

  it('repeats a GET whose kept-alive backend connection had gone stale', async (t) => {
    const sockets = new Set<Socket>();
    const server = createHttpServer((_request, response) => response.end('ok'));
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket) => sockets.add(socket));
    const port = await gateway(t, await listenOnLoopback(t, server));
    for (let i = 0; i < 10; i += 1) {
      assert.equal((await ask({ port })).status, 200);
      for (const socket of sockets) socket.resetAndDestroy();
      sockets.clear();
    }
  });

  it('strips Upgrade: h2c and answers in HTTP/1.1', async (t) => {
    const backend = await startBackend(t, (request, response) => {
      response.end(
        `upgrade=${request.headers.upgrade} settings=${request.headers['http2-settings']}`,
      );
    });
    const client = await connectRaw(t, await gateway(t, backend));
    const extra = 'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA\r\n';
    client.socket.write(`GET / HTTP/1.1\r\nhost: a\r\n${extra}\r\n`);
    await client.until('upgrade=undefined settings=undefined');
    client.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await eventually(() => assert.equal(client.received().split('200 OK').length, 3));
  });
});

describe('websockets through the engine', () => {
  it('carries messages both ways', async (t) => {
    const server = createHttpServer();
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) =>
      socket.on('message', (data) => socket.send(`echo ${data}`)),
    );
    const port = await gateway(t, await listenOnLoopback(t, server));
    const client = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['chat']);
    await once(client, 'open');
    for (let i = 0; i < 3; i += 1) {
      client.send(`m${i}`);
      const [data] = await once(client, 'message');
      assert.equal(String(data), `echo m${i}`);
    }
    client.close();
    await once(client, 'close');
  });

  it('passes on the answer of a backend that declines, and closes', async (t) => {
    const backend = await startBackend(t, (_request, response) => {
      response.writeHead(403);
      response.end('no sockets here');
    });
    const client = await connectRaw(t, await gateway(t, backend));
    client.socket.write(
      'GET /ws HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n',
    );
    await client.until('no sockets here');
    assert.match(client.received(), /^HTTP\/1.1 403/);
    await holds(() => client.ended());
  });
});

describe('HTTP/2 through the engine', () => {
  it('serves prior knowledge on the same port, uploads included', async (t) => {
    const backend = await startBackend(t, (request, response) => {
      response.setHeader('x-host', request.headers.host ?? '');
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      request.pipe(response);
    });
    const session = connectHttp2(`http://127.0.0.1:${await gateway(t, backend)}`);
    t.after(() => session.destroy());
    const body = randomBytes(4 * MIB);
    const stream = session.request({ ':method': 'POST', ':path': '/x' });
    stream.end(body);
    const [headers] = await once(stream, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    assert.equal(headers[':status'], 200);
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
    assert.match(String(headers['x-host']), /^127\.0\.0\.1:/);
    assert.equal(Buffer.concat(chunks).equals(body), true);
  });

  it('answers HEAD, 204 and refused requests', async (t) => {
    const backend = await startBackend(t, (request, response) => {
      response.statusCode = request.url === '/204' ? 204 : 200;
      response.end();
    });
    const session = connectHttp2(`http://127.0.0.1:${await gateway(t, backend)}`);
    t.after(() => session.destroy());
    const status = async (headers: object): Promise<unknown> => {
      const stream = session.request({ ...headers });
      stream.resume();
      const [head] = await once(stream, 'response');
      await once(stream, 'close');
      return head[':status'];
    };
    assert.equal(await status({ ':method': 'HEAD', ':path': '/' }), 200);
    assert.equal(await status({ ':path': '/204' }), 204);
    assert.equal(await status({ ':method': 'CONNECT', ':authority': 'a:1' }), 405);
  });

  it('a stream that the client cancels frees its backend connection', async (t) => {
    const backend = await startBackend(t, (_request, response) => void response.write('forever'));
    const engine = startEngine(t);
    await engine.apply(plan('1', { backendPort: backend }));
    const session = connectHttp2(`http://127.0.0.1:${portOf(engine)}`);
    t.after(() => session.destroy());
    const stream = session.request({ ':path': '/' });
    await once(stream, 'data');
    stream.close(constants.NGHTTP2_CANCEL);
    await eventually(async () => {
      const { total } = await engine.query({ afterId: 0, limit: 10, side: 'upstream' });
      assert.equal(total, 0);
    });
  });
});

describe('gRPC through the engine', () => {
  const bytes = (value: Buffer): Buffer => value;
  const method = (path: string, responseStream: boolean) => ({
    path,
    requestStream: false,
    responseStream,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  });
  const definition = { unary: method('/t.T/Unary', false), stream: method('/t.T/Stream', true) };

  async function startGrpc(t: TestContext): Promise<number> {
    const server = new grpc.Server();
    server.addService(definition, {
      unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        const trailers = new grpc.Metadata();
        trailers.set('x-trailer', 'came');
        if (String(call.request) === 'fail') {
          done({ code: grpc.status.NOT_FOUND, details: 'no such thing', metadata: trailers });
        } else {
          done(null, Buffer.concat([Buffer.from('re:'), call.request]), trailers);
        }
      },
      stream: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
        for (let i = 0; i < 100; i += 1) call.write(Buffer.from(`m${i}`));
        call.end();
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    t.after(() => server.forceShutdown());
    return port;
  }

  it('brings messages, status and trailers', async (t) => {
    const port = await gateway(t, await startGrpc(t));
    const Client = grpc.makeGenericClientConstructor(definition, 'T');
    const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    t.after(() => client.close());
    const unary = (text: string): Promise<{ value: string; status: grpc.StatusObject }> =>
      new Promise((resolve, reject) => {
        let value = '';
        const call = (client as unknown as Record<string, CallableFunction>)['unary']?.(
          Buffer.from(text),
          (error: grpc.ServiceError | null, reply?: Buffer) => {
            value = error === null ? String(reply) : '';
          },
        );
        call.on('status', (status: grpc.StatusObject) => resolve({ value, status }));
        setTimeout(reject, 20_000, new Error('no status')).unref();
      });
    const good = await unary('hello');
    await eventually(() => assert.equal(good.status.code, grpc.status.OK));
    assert.deepEqual(good.status.metadata.get('x-trailer'), ['came']);
    const bad = await unary('fail');
    assert.equal(bad.status.code, grpc.status.NOT_FOUND);
    assert.equal(bad.status.details, 'no such thing');
    assert.deepEqual(bad.status.metadata.get('x-trailer'), ['came']);
    const stream = (client as unknown as Record<string, CallableFunction>)['stream']?.(
      Buffer.from('x'),
    );
    let messages = 0;
    stream.on('data', () => {
      messages += 1;
    });
    const [status] = await once(stream, 'status');
    assert.equal(status.code, grpc.status.OK);
    assert.equal(messages, 100);
  });
});

describe('TCP routes', () => {
  async function tcpGateway(t: TestContext, server: ReturnType<typeof createServer>) {
    const backendPort = await listenOnLoopback(t, server);
    const engine = startEngine(t);
    await engine.apply(plan('1', { protocol: 'tcp', backendPort }));
    return { engine, port: portOf(engine) };
  }

  it('passes the client FIN on and still delivers what the backend sends after it', async (t) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', () => undefined);
      socket.on('end', () => setTimeout(() => socket.end('after your FIN'), 20));
    });
    const { port } = await tcpGateway(t, server);
    const client = await connectRaw(t, port);
    client.socket.end('request');
    await client.until('after your FIN');
    await holds(() => client.closed());
  });

  it('passes the backend FIN on and still delivers what the client sends after it', async (t) => {
    let received = '';
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', (chunk) => {
        received += String(chunk);
      });
      socket.end('bye');
    });
    const { port, engine } = await tcpGateway(t, server);
    const client = await connectRaw(t, port);
    await holds(() => client.ended());
    assert.equal(client.received(), 'bye');
    client.socket.end('still here');
    await eventually(() => assert.equal(received, 'still here'));
    await eventually(() => assert.equal(engine.summary().open, 0));
  });

  it('carries bulk data unharmed, also to a slow reader', async (t) => {
    const data = randomBytes(32 * MIB);
    const server = createServer((socket) => socket.end(data));
    const { port } = await tcpGateway(t, server);
    const client = await connectRaw(t, port);
    const pauses = setInterval(() => {
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 5).unref();
    }, 20);
    t.after(() => clearInterval(pauses));
    await holds(() => client.ended());
    assert.equal(Buffer.from(client.received(), 'latin1').equals(data), true);
  });

  it('mixes up no bytes of connections that are read into the same memory, while all readers pause', async (t) => {
    const texts = Array.from({ length: 6 }, () => randomBytes(16 * MIB));
    let next = 0;
    let written = 0;
    const server = createServer(async (socket) => {
      const text = texts[next++] as Buffer;
      // One part a turn of the loop: read as it comes, each part is smaller than the shared memory.
      for (let at = 0; at < text.length; at += 8192) {
        socket.write(text.subarray(at, at + 8192));
        await new Promise((resolve) => setImmediate(resolve));
      }
      written += 1;
      socket.end();
    });
    const { port } = await tcpGateway(t, server);
    const clients = await Promise.all(texts.map(() => connectRaw(t, port)));
    for (const { socket } of clients) socket.pause();
    await eventually(() => assert.equal(written, texts.length));
    for (const { socket } of clients) socket.resume();
    await Promise.all(clients.map((client) => holds(() => client.ended())));
    const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    assert.deepEqual(
      clients.map((client) => hashOf(Buffer.from(client.received(), 'latin1'))).sort(),
      texts.map(hashOf).sort(),
    );
  });

  it('resets the client when no backend can be reached', async (t) => {
    const closed = createServer();
    const { port, engine } = await tcpGateway(t, closed);
    closed.close();
    const client = await connectRaw(t, port);
    await holds(() => client.closed());
    await eventually(() => assert.equal(engine.summary().open, 0));
  });
});
