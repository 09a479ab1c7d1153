// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { holds, type RawClient } from '../support/engine-lab.js';
import type { RecordedRequest } from '../support/recorder-backend.js';
import type { Http1Case } from './http1-case.js';
import { afterWarm, get, type Http1Lab, request } from './http1-lab.js';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const DONE = '\r\n\r\nok';

/** Calls `act` with the head of each request that has this in its path, instead of the backend's own answer. */
function onHead(
  lab: Http1Lab,
  path: string,
  act: (socket: Socket, head: RecordedRequest, nth: number) => void,
): void {
  let nth = 0;
  lab.backend.onHead = (head, socket) => {
    if (!head.path.includes(path)) return false;
    nth += 1;
    act(socket, head, nth);
    return true;
  };
}

/** Heads that came to the backend with this in their path, whole or not. */
function headsOf(lab: Http1Lab, path: string): number {
  return lab.backend.raw.join('').split(path).length - 1;
}

function answersOf(client: RawClient): number {
  return client.received().match(/HTTP\/1\.1 [2-5]\d\d /g)?.length ?? 0;
}

export const SCENARIO_CASES: readonly Http1Case[] = [
  {
    id: 'expect-continue',
    rfc: '9110 §10.1.1',
    sent: 'Expect: 100-continue, the body after the 100',
    client: '100 when the backend takes the body, then 200',
    backend: 'the body, no Expect',
    run: async (lab) => {
      const client = await lab.connectWarm();
      const fields = ['expect: 100-continue', 'content-length: 3'];
      client.socket.write(request('POST', '/expect-continue', fields));
      await client.until('HTTP/1.1 100 Continue\r\n\r\n');
      client.socket.write('abc');
      const { body, fields: received } = await lab.arrived('/expect-continue');
      assert.equal(body, 'abc');
      assert.ok(!received.some((field) => field.startsWith('expect')));
      await holds(() => answersOf(client) === 2);
    },
  },
  {
    id: 'expect-refused',
    rfc: '9110 §10.1.1',
    sent: 'Expect: 100-continue for what has no route',
    client: '404 without a 100, end of the connection',
    backend: 'nothing',
    run: async (lab) => {
      const client = await lab.connect();
      const fields = ['expect: 100-continue', 'content-length: 3'];
      client.socket.write(request('OPTIONS', '*', fields));
      await holds(client.ended);
      assert.match(client.received(), /^HTTP\/1\.1 404 .*\r\nconnection: close\r\n/s);
    },
  },
  {
    id: 'asterisk',
    rfc: '9112 §3.2.4',
    sent: 'OPTIONS *',
    client: '404 (no route has such a path), the connection goes on',
    backend: 'nothing',
    run: async (lab) => {
      const client = await lab.connect();
      client.socket.write(request('OPTIONS', '*', []));
      await client.until('HTTP/1.1 404 ');
      client.socket.write(get('/asterisk-next'));
      await client.until(DONE);
    },
  },
  {
    id: 'pipelining',
    rfc: '9112 §9.3.2',
    sent: 'three requests at once, the first answered late',
    client: 'three answers in order',
    backend: 'the next request when the one before it is answered',
    run: async (lab) => {
      const client = await lab.connect();
      let first: Socket | undefined;
      const order: string[] = [];
      onHead(lab, '/pipelining', (socket, { path }) => {
        order.push(path);
        if (path.endsWith('1')) first = socket;
        else socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${path.slice(-1)}`);
      });
      client.socket.write([1, 2, 3].map((n) => get(`/pipelining-${n}`)).join(''));
      await holds(() => first !== undefined);
      await lab.settle();
      assert.deepEqual(order, ['/pipelining-1']);
      first?.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1');
      await holds(() => answersOf(client) === 3 && client.received().endsWith('3'));
      const bodies = [...client.received().matchAll(/\r\n\r\n(\d)/g)].map(([, body]) => body);
      assert.deepEqual(bodies, ['1', '2', '3']);
    },
  },
  {
    id: 'pipelining-bad',
    rfc: '9112 §9.3.2',
    sent: 'a request, and bytes behind it that are no HTTP',
    client: 'the answer, end of the connection',
    backend: 'the request',
    run: async (lab) => {
      const client = await lab.connect();
      client.socket.write(`${get('/pipelining-bad')}no http\r\n\r\n`);
      await holds(client.ended);
      assert.equal(answersOf(client), 1);
      assert.ok(client.received().endsWith(DONE));
    },
  },
  {
    id: 'pipelining-refused',
    rfc: '9112 §9.3.2',
    sent: 'a request, and one behind it that is refused, and another',
    client: '200, 400, end of the connection',
    backend: 'the first request',
    run: async (lab) => {
      const client = await lab.connect();
      const bad = 'GET /pipelining-refused-2 HTTP/1.1\r\nhost: a b\r\n\r\n';
      client.socket.write(get('/pipelining-refused-1') + bad + get('/pipelining-refused-3'));
      await holds(client.ended);
      assert.deepEqual(client.received().match(/HTTP\/1\.1 \d+/g), [
        'HTTP/1.1 200',
        'HTTP/1.1 400',
      ]);
      assert.equal(headsOf(lab, '/pipelining-refused-'), 1);
    },
  },
  {
    id: 'pipelining-many',
    rfc: '9112 §9.3.2',
    sent: '500 requests at once',
    client: '101 answers, the last with Connection: close',
    backend: '101 requests, one after the other',
    run: async (lab) => {
      const client = await lab.connect();
      let running = 0;
      let most = 0;
      onHead(lab, '/pipelining-many', (socket) => {
        running += 1;
        most = Math.max(most, running);
        setImmediate(() => {
          running -= 1;
          socket.write(OK);
        });
      });
      client.socket.write(get('/pipelining-many').repeat(500));
      await holds(client.ended);
      assert.equal(answersOf(client), 101);
      assert.equal(client.received().match(/connection: close/g)?.length, 1);
      assert.equal(most, 1);
    },
  },
  {
    id: 'upgrade-pipelined',
    rfc: '9110 §7.8',
    sent: 'an upgrade behind a request that is not answered',
    client: 'end of the connection',
    backend: 'the first request',
    run: async (lab) => {
      const client = await lab.connect();
      onHead(lab, '/upgrade-pipelined-1', () => undefined);
      const fields = ['connection: upgrade', 'upgrade: websocket'];
      client.socket.write(get('/upgrade-pipelined-1') + get('/upgrade-pipelined-2', fields));
      await holds(() => client.closed() || client.ended());
      assert.equal(client.received(), '');
      assert.equal(headsOf(lab, '/upgrade-pipelined-2'), 0);
    },
  },
  {
    id: 'upgrade-half-close',
    rfc: '9110 §7.8',
    sent: 'an upgrade; FIN by the client, then more bytes by the backend, then its FIN',
    client: '101, every byte, FIN',
    backend: '101 granted, the FIN before its own',
    run: async (lab) => {
      const client = await lab.connect();
      let upstream: Socket | undefined;
      onHead(lab, '/upgrade-half-close', (socket) => {
        upstream = socket;
        socket.write('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nhello');
        socket.removeAllListeners('end');
        socket.once('end', () => socket.end('and goodbye'));
      });
      client.socket.write(get('/upgrade-half-close', ['connection: upgrade', 'upgrade: x']));
      await client.until('\r\n\r\nhello');
      client.socket.end('bye');
      await client.until('and goodbye');
      await holds(client.ended);
      assert.match(client.received(), /^HTTP\/1\.1 101 /);
      await holds(() => upstream?.destroyed === true);
    },
  },
  {
    id: 'half-close',
    rfc: '9112 §9.6',
    sent: 'a request, then FIN',
    client: 'the answer, FIN',
    backend: 'the request',
    run: async (lab) => {
      const client = await lab.connect();
      client.socket.end(get('/half-close'));
      await client.until(DONE);
      await holds(client.closed);
    },
  },
  {
    id: 'body-cut',
    rfc: '9112 §8',
    sent: 'less than Content-Length, then FIN',
    client: '400, end of the connection',
    backend: 'the connection cut before the end of the request',
    run: async (lab) => {
      const client = await lab.connect();
      client.socket.end(request('POST', '/body-cut', ['content-length: 9'], 'abc'));
      await holds(client.ended);
      assert.match(client.received(), /^HTTP\/1\.1 400 /);
      await holds(() => {
        const at = lab.backend.raw.findIndex((bytes) => bytes.includes('/body-cut'));
        return at === -1 || lab.backend.ended.has(at + 1);
      });
      assert.ok(!lab.backend.requests.some(({ path }) => path === '/body-cut'));
    },
  },
  {
    id: 'early-answer',
    rfc: '9112 §9.5',
    sent: 'half a body; its rest after the answer',
    client: '413 at once; the connection goes on',
    backend: 'answers before the body is there; its connection ends',
    run: async (lab) => {
      const client = await lab.connectWarm();
      let early: Socket | undefined;
      onHead(lab, '/early-answer', (socket) => {
        early = socket;
        socket.write('HTTP/1.1 413 X\r\ncontent-length: 2\r\n\r\nok');
      });
      const fields = [`content-length: ${200_000}`];
      client.socket.write(request('POST', '/early-answer', fields, 'a'.repeat(100_000)));
      await client.until('HTTP/1.1 413 ');
      client.socket.write('a'.repeat(100_000) + get('/after-early'));
      await lab.arrived('/after-early');
      assert.equal(early?.readableEnded || early?.destroyed, true);
      await holds(() => answersOf(client) === 3);
    },
  },
  {
    id: 'stale-get',
    rfc: '9112 §9.3.1',
    sent: 'GET; the kept-alive connection to the backend is reset',
    client: '200',
    backend: 'the request twice, on two connections',
    run: async (lab) => {
      const client = await lab.connectWarm();
      onHead(lab, '/stale-get', (socket, _head, nth) => {
        if (nth === 1) socket.resetAndDestroy();
        else socket.write(OK);
      });
      client.socket.write(get('/stale-get'));
      await holds(() => answersOf(client) === 2);
      assert.match(afterWarm(client), /^HTTP\/1\.1 200 /);
      assert.equal(headsOf(lab, '/stale-get'), 2);
    },
  },
  {
    id: 'stale-once',
    rfc: '9112 §9.3.1',
    sent: 'GET; every connection to the backend is reset',
    client: '502',
    backend: 'the request twice',
    run: async (lab) => {
      const client = await lab.connectWarm();
      onHead(lab, '/stale-once', (socket) => socket.resetAndDestroy());
      client.socket.write(get('/stale-once'));
      await holds(() => answersOf(client) === 2);
      assert.match(afterWarm(client), /^HTTP\/1\.1 502 /);
      assert.equal(headsOf(lab, '/stale-once'), 2);
    },
  },
  {
    id: 'stale-post',
    rfc: '9110 §9.2.2',
    sent: 'POST; the kept-alive connection to the backend is reset',
    client: '502',
    backend: 'the request once',
    run: async (lab) => {
      const client = await lab.connectWarm();
      onHead(lab, '/stale-post', (socket) => socket.resetAndDestroy());
      client.socket.write(request('POST', '/stale-post', ['content-length: 0']));
      await holds(() => answersOf(client) === 2);
      assert.match(afterWarm(client), /^HTTP\/1\.1 502 /);
      assert.equal(headsOf(lab, '/stale-post'), 1);
    },
  },
  {
    id: 'stale-begun',
    rfc: '9110 §9.2.2',
    sent: 'GET; the backend is reset behind the first bytes of its answer',
    client: '502',
    backend: 'the request once',
    run: async (lab) => {
      const client = await lab.connectWarm();
      onHead(lab, '/stale-begun', (socket) => {
        socket.end('HTTP/1.1 200 OK\r\nx-a');
      });
      client.socket.write(get('/stale-begun'));
      await holds(() => answersOf(client) === 2);
      assert.match(afterWarm(client), /^HTTP\/1\.1 502 /);
      assert.equal(headsOf(lab, '/stale-begun'), 1);
    },
  },
  {
    id: 'informational-1.0',
    rfc: '9110 §15.2',
    sent: 'an HTTP/1.0 request; the backend sends 103 before its answer',
    client: '200 alone, end of the connection',
    backend: 'the request in HTTP/1.1',
    run: async (lab) => {
      const client = await lab.connect();
      onHead(lab, '/informational-1.0', (socket) => {
        socket.write(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}`);
      });
      client.socket.write('GET /informational-1.0 HTTP/1.0\r\nhost: a\r\n\r\n');
      await holds(client.ended);
      assert.match(client.received(), /^HTTP\/1\.1 200 /);
      assert.equal(client.received().includes('103'), false);
    },
  },
  {
    id: 'unframed-1.0',
    rfc: '9112 §6.3',
    sent: 'an HTTP/1.0 request with keep-alive; the backend answers in chunks',
    client: 'content up to the end of the connection, Connection: close',
    backend: 'the request in HTTP/1.1',
    run: async (lab) => {
      const client = await lab.connect();
      onHead(lab, '/unframed-1.0', (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
      });
      client.socket.write(
        'GET /unframed-1.0 HTTP/1.0\r\nhost: a\r\nconnection: keep-alive\r\n\r\n',
      );
      await holds(client.ended);
      assert.match(client.received(), /\r\nconnection: close\r\n.*\r\n\r\nabc$/s);
      assert.equal(client.received().includes('transfer-encoding'), false);
    },
  },
];
