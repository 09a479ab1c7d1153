// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { holds, type RawClient } from '../support/engine-lab.js';
import type { RecorderAnswer } from '../support/recorder-backend.js';
import type { Http1Case } from './http1-case.js';
import { afterWarm, type Http1Lab, request } from './http1-lab.js';

interface Response {
  readonly rfc: string;
  readonly sent: string;
  readonly bytes: string;
  readonly after?: RecorderAnswer['after'];
  readonly method?: string;
  /** What the client gets: a whole answer with these parts in it, or one that is broken off. */
  readonly client:
    | 'broken'
    | {
        readonly status: number;
        readonly has?: readonly string[];
        readonly lacks?: readonly string[];
        readonly body: string;
      };
  /** Whether the connection to the backend takes another request. */
  readonly reused: boolean;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const BAD_GATEWAY = { status: 502, body: 'backend did not answer\n' };
const bad = (rfc: string, sent: string, bytes: string): Response => ({
  rfc,
  sent,
  bytes,
  client: BAD_GATEWAY,
  reused: false,
});
const length = (value: string): Response =>
  bad(
    '9112 §6.3',
    `Content-Length: ${value === '' ? '(empty)' : value}`,
    `${OK}content-length: ${value}\r\n\r\nx`,
  );
const coding = (value: string): Response =>
  bad(
    '9112 §6.1',
    `Transfer-Encoding: ${value === '' ? '(empty)' : value}`,
    `${OK}transfer-encoding: ${value}\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
  );
const brokenChunk = (sent: string, body: string): Response => ({
  rfc: '9112 §7.1',
  sent,
  bytes: `${OK}transfer-encoding: chunked\r\n\r\n${body}`,
  client: 'broken',
  reused: false,
});

const RESPONSES: Record<string, Response> = {
  'both-framings': bad(
    '9112 §6.3',
    'Content-Length and Transfer-Encoding',
    `${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
  ),
  'two-lengths': bad(
    '9112 §6.3',
    'Content-Length twice, different',
    `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nxy`,
  ),
  'same-lengths': bad(
    '9112 §6.3',
    'Content-Length twice, equal',
    `${OK}content-length: 1\r\ncontent-length: 1\r\n\r\nx`,
  ),
  'length-plus': length('+1'),
  'length-list': length('1, 1'),
  'length-empty': length(''),
  'length-huge': length('18446744073709551615'),
  'coding-identity': coding('identity'),
  'coding-unknown': coding('xchunked'),
  'coding-gzip': coding('gzip, chunked'),
  'coding-not-last': coding('chunked, identity'),
  'coding-empty': coding(''),
  'coding-twice': bad(
    '9112 §6.1',
    'Transfer-Encoding: chunked twice',
    `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
  ),
  'lf-lines': bad('9112 §2.2', 'lines that end with LF', 'HTTP/1.1 200 OK\ncontent-length: 1\n\nx'),
  'lf-field': bad(
    '9112 §2.2',
    'a field that ends with LF',
    `${OK}a: b\ncontent-length: 1\r\n\r\nx`,
  ),
  'bare-cr': bad('9112 §2.2', 'a bare CR in a value', `${OK}a: b\rc\r\ncontent-length: 1\r\n\r\nx`),
  folded: bad('9112 §5.2', 'a folded value', `${OK}a: b\r\n c\r\ncontent-length: 1\r\n\r\nx`),
  'space-colon': bad('9112 §5.1', 'space before the colon', `${OK}content-length : 1\r\n\r\nx`),
  nul: bad('9110 §5.5', 'NUL in a value', `${OK}a: b\0c\r\ncontent-length: 1\r\n\r\nx`),
  garbage: bad('9112 §4', 'bytes that are no HTTP', 'ICY 200 OK\r\n\r\n'),
  'status-099': bad('9110 §15', 'status 099', 'HTTP/1.1 099 X\r\ncontent-length: 1\r\n\r\nx'),
  'switch-unasked': bad(
    '9110 §15.2.2',
    '101 that nobody asked for',
    'HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  ),
  'continue-unasked': bad(
    '9110 §15.2.1',
    '100 that nobody asked for',
    `HTTP/1.1 100 Continue\r\n\r\n${OK}content-length: 1\r\n\r\nx`,
  ),
  'head-cut': {
    ...bad('9112 §8', 'half a head, then FIN', 'HTTP/1.1 200 OK\r\ncontent-le'),
    after: 'end',
  },
  'chunk-lf': brokenChunk('a chunk size that ends with LF', '1\nx\r\n0\r\n\r\n'),
  'chunk-sign': brokenChunk('a chunk size with a sign', '+1\r\nx\r\n0\r\n\r\n'),
  'chunk-overflow': brokenChunk('a chunk size above 64 bits', `${'f'.repeat(17)}\r\nx\r\n`),
  'chunk-long': brokenChunk('more data than the chunk size', '1\r\nxx\r\n0\r\n\r\n'),
  'chunks-cut': { ...brokenChunk('a chunk, then FIN', '1\r\nx\r\n'), after: 'end' },
  'length-cut': {
    rfc: '9112 §8',
    sent: 'less than Content-Length, then FIN',
    bytes: `${OK}content-length: 9\r\n\r\nx`,
    after: 'end',
    client: 'broken',
    reused: false,
  },
  'more-than-length': {
    rfc: '9112 §9.2',
    sent: 'a second response behind the first',
    bytes: `${OK}content-length: 1\r\n\r\nx${OK}content-length: 4\r\n\r\nEVIL`,
    client: { status: 200, lacks: ['EVIL'], body: 'x' },
    reused: false,
  },
  'until-close': {
    rfc: '9112 §6.3',
    sent: 'content up to the end of the connection',
    bytes: `${OK}\r\nabc`,
    after: 'end',
    client: { status: 200, has: ['transfer-encoding: chunked'], body: '3\r\nabc\r\n0\r\n\r\n' },
    reused: false,
  },
  'status-304-length': {
    rfc: '9110 §8.6',
    sent: '304 with Content-Length',
    bytes: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n',
    client: { status: 304, has: ['content-length: 5'], body: '' },
    reused: false,
  },
  'status-204-length': {
    rfc: '9110 §8.6',
    sent: '204 with Content-Length',
    bytes: 'HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n',
    client: { status: 204, lacks: ['content-length', 'transfer-encoding'], body: '' },
    reused: true,
  },
  'head-length': {
    rfc: '9110 §9.3.2',
    sent: 'Content-Length in the answer to HEAD',
    method: 'HEAD',
    bytes: `${OK}content-length: 5\r\n\r\n`,
    client: { status: 200, has: ['content-length: 5'], body: '' },
    reused: true,
  },
  'hop-by-hop': {
    rfc: '9110 §7.6.1',
    sent: 'hop-by-hop fields, one named by Connection',
    bytes: `${OK}connection: x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=60\r\nproxy-authenticate: Basic\r\nproxy-connection: keep-alive\r\nupgrade: x\r\nx-end: 1\r\ncontent-length: 1\r\n\r\nx`,
    client: {
      status: 200,
      has: ['x-end: 1', 'connection: keep-alive'],
      lacks: ['x-hop', 'proxy-', 'upgrade', 'timeout'],
      body: 'x',
    },
    reused: true,
  },
  trailers: {
    rfc: '9110 §6.5',
    sent: 'trailers, announced',
    bytes: `${OK}trailer: x-t\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-t: 1\r\n\r\n`,
    client: { status: 200, has: ['trailer: x-t'], body: '1\r\nx\r\n0\r\nx-t: 1\r\n\r\n' },
    reused: true,
  },
  'trailer-with-length': {
    rfc: '9110 §6.6.2',
    sent: 'Trailer with Content-Length',
    bytes: `${OK}trailer: x-t\r\ncontent-length: 1\r\n\r\nx`,
    client: { status: 200, lacks: ['trailer'], body: 'x' },
    reused: true,
  },
  'trailer-framing': {
    rfc: '9110 §6.5.1',
    sent: 'Host as a trailer',
    bytes: `${OK}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nhost: evil\r\nx-t: 1\r\n\r\n`,
    client: { status: 200, body: '1\r\nx\r\n0\r\nx-t: 1\r\n\r\n' },
    reused: true,
  },
  hints: {
    rfc: '8297 §2',
    sent: '103 with a field that node:http would refuse, then 200',
    bytes: `HTTP/1.1 103 Early Hints\r\nlink: odd\r\nx-a: 1\r\n\r\n${OK}content-length: 1\r\n\r\nx`,
    client: { status: 103, has: ['link: odd', 'x-a: 1', 'HTTP/1.1 200 OK'], body: 'x' },
    reused: true,
  },
  'reason-8bit': {
    rfc: '9112 §4',
    sent: 'a reason phrase whose bytes spell a line end when they are cut',
    bytes: 'HTTP/1.1 200 \u00c4\u008d\u00c4\u008aset-cookie: evil\r\ncontent-length: 1\r\n\r\nx',
    client: { status: 200, lacks: ['evil'], body: 'x' },
    reused: true,
  },
};

function describeClient({ client }: Response): string {
  if (client === 'broken') return 'the answer broken off, end of the connection';
  const { status, has = [], lacks = [] } = client;
  return [`${status}`, ...has, ...(lacks.length === 0 ? [] : [`no ${lacks.join(', ')}`])].join(
    '; ',
  );
}

export const RESPONSE_CASES: readonly Http1Case[] = Object.entries(RESPONSES).map(
  ([name, response]) => {
    const id = `response-${name}`;
    return {
      id,
      rfc: response.rfc,
      sent: `${response.sent} (by the backend)`,
      client: describeClient(response),
      backend: response.reused ? 'another request on the connection' : 'end of the connection',
      run: (lab) => runResponse(id, response, lab),
    };
  },
);

async function runResponse(id: string, response: Response, lab: Http1Lab): Promise<void> {
  const { bytes, after, method = 'GET', client: expected } = response;
  lab.backend.answers.set(`/${id}/`, { bytes: [bytes], ...(after === undefined ? {} : { after }) });
  const client = await lab.connectWarm();
  client.socket.write(request(method, `/${id}/`, []));
  const { connection } = await lab.arrived(`/${id}/`);
  if (expected === 'broken') {
    await holds(() => client.ended() || client.closed());
    assert.ok(!/\r\n0\r\n\r\n$/.test(client.received()), client.received());
  } else {
    assertWhole(await whole(client, expected.body), expected);
    // In order: the answer to the next request is its own.
    client.socket.write(request('GET', `/${id}-next/`, []));
    await holds(() => afterWarm(client).endsWith('\r\n\r\nok'));
  }
  if (response.reused) assert.ok(!lab.backend.ended.has(connection), 'the connection ended');
  else await holds(() => lab.backend.ended.has(connection));
  client.socket.destroy();
}

async function whole(client: RawClient, body: string): Promise<string> {
  await holds(() => afterWarm(client).endsWith(`\r\n\r\n${body}`));
  return afterWarm(client);
}

function assertWhole(
  received: string,
  { status, has = [], lacks = [] }: Exclude<Response['client'], 'broken'>,
): void {
  assert.match(received, new RegExp(`^HTTP/1\\.1 ${status} `));
  for (const part of has) assert.ok(received.includes(part), `${part}: ${received}`);
  for (const part of lacks) assert.ok(!received.includes(part), `${part}: ${received}`);
}
