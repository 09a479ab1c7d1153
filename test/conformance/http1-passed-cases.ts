// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { holds } from '../support/engine-lab.js';
import type { RecordedRequest } from '../support/recorder-backend.js';
import type { Http1Case } from './http1-case.js';
import { get, type Http1Lab, request } from './http1-lab.js';

interface Passed {
  readonly rfc: string;
  readonly sent: string;
  readonly bytes: (path: string) => string;
  /** Request line at the backend, with `PATH`. Default `GET PATH HTTP/1.1`. */
  readonly line?: string;
  /** Fields at the backend, whole. */
  readonly has?: readonly string[];
  /** Names that must not be there. */
  readonly lacks?: readonly string[];
  readonly body?: string;
  /** The connection ends after the answer. Default false. */
  readonly ends?: boolean;
}

const CHUNKED = 'transfer-encoding: chunked';
const HOP = [
  'connection: keep-alive, x-hop',
  'x-hop: 1',
  'keep-alive: timeout=5',
  'proxy-connection: keep-alive',
  'proxy-authorization: Basic x',
  'te: trailers',
  'upgrade: h2c',
  'http2-settings: AAMA',
];

const PASSED: Record<string, Passed> = {
  'length-spaces': {
    rfc: '9112 §5.1',
    sent: 'Content-Length with space and tab around the value',
    bytes: (path) => request('POST', path, ['content-length:\t 1 '], 'x'),
    line: 'POST PATH HTTP/1.1',
    has: ['content-length: 1'],
    body: 'x',
  },
  'coding-case': {
    rfc: '9112 §7',
    sent: 'Transfer-Encoding: Chunked',
    bytes: (path) => request('POST', path, ['transfer-encoding: Chunked'], '1\r\nx\r\n0\r\n\r\n'),
    line: 'POST PATH HTTP/1.1',
    body: 'x',
  },
  'chunk-extension': {
    rfc: '9112 §7.1.1',
    sent: 'a chunk with an extension',
    bytes: (path) => request('POST', path, [CHUNKED], '1;a=b\r\nx\r\n0;c\r\n\r\n'),
    line: 'POST PATH HTTP/1.1',
    body: 'x',
  },
  'chunk-zeros': {
    rfc: '9112 §7.1',
    sent: 'chunk sizes with leading zeros',
    bytes: (path) => request('POST', path, [CHUNKED], '0000000000000000000001\r\nx\r\n000\r\n\r\n'),
    line: 'POST PATH HTTP/1.1',
    body: 'x',
  },
  'request-trailers': {
    rfc: '9110 §6.5.1',
    sent: 'a request with trailers, announced',
    bytes: (path) =>
      request('POST', path, ['trailer: x-t', CHUNKED], '1\r\nx\r\n0\r\nx-t: 1\r\n\r\n'),
    line: 'POST PATH HTTP/1.1',
    lacks: ['trailer', 'x-t'],
    body: 'x',
  },
  'body-get': {
    rfc: '9110 §9.3.1',
    sent: 'GET with content',
    bytes: (path) => request('GET', path, ['content-length: 3'], 'abc'),
    has: ['content-length: 3'],
    body: 'abc',
  },
  'body-delete': {
    rfc: '9110 §9.3.5',
    sent: 'DELETE with content',
    bytes: (path) => request('DELETE', path, ['content-length: 3'], 'abc'),
    line: 'DELETE PATH HTTP/1.1',
    has: ['content-length: 3'],
    body: 'abc',
  },
  'body-empty': {
    rfc: '9110 §8.6',
    sent: 'POST with Content-Length: 0',
    bytes: (path) => request('POST', path, ['content-length: 0']),
    line: 'POST PATH HTTP/1.1',
    has: ['content-length: 0'],
  },
  'empty-lines': {
    rfc: '9112 §2.2',
    sent: 'empty lines before the request',
    bytes: (path) => `\r\n\r\n${get(path)}`,
  },
  'spaces-in-line': {
    rfc: '9112 §3',
    sent: 'two spaces between the parts of the request line',
    bytes: (path) => `GET  ${path}  HTTP/1.1\r\nhost: a\r\n\r\n`,
  },
  'target-absolute': {
    rfc: '9112 §3.2.2',
    sent: 'an absolute target, another Host',
    bytes: (path) => `GET http://b.test:81${path}?q HTTP/1.1\r\nhost: a\r\n\r\n`,
    line: 'GET PATH?q HTTP/1.1',
    has: ['host: b.test:81', 'x-forwarded-host: b.test:81'],
  },
  'target-slashes': {
    rfc: '9112 §3.2.1',
    sent: 'a path that begins with two slashes',
    bytes: (path) => get(`/${path}`),
    line: 'GET /PATH HTTP/1.1',
    has: ['host: a'],
  },
  'target-odd': {
    rfc: '9112 §3.2.1',
    sent: 'a path with ../ %2e, \\ and {|}',
    bytes: (path) => get(`${path}/../%2e%2E/b\\c{|}`),
    line: 'GET PATH/../%2e%2E/b\\c{|} HTTP/1.1',
  },
  'host-none-1.0': {
    rfc: '9112 §3.2',
    sent: 'HTTP/1.0 without Host',
    bytes: (path) => `GET ${path} HTTP/1.0\r\n\r\n`,
    ends: true,
  },
  'hop-by-hop': {
    rfc: '9110 §7.6.1',
    sent: 'hop-by-hop fields, one named by Connection',
    bytes: (path) => get(path, HOP),
    has: ['connection: keep-alive', 'host: a'],
    lacks: [
      'x-hop',
      'keep-alive',
      'proxy-connection',
      'proxy-authorization',
      'te',
      'upgrade',
      'http2-settings',
    ],
  },
  'connection-names': {
    rfc: '9110 §7.6.1',
    sent: 'Connection that names Host, Content-Length and X-Forwarded-For',
    bytes: (path) =>
      request(
        'POST',
        path,
        ['connection: host, content-length, x-forwarded-for', 'content-length: 1'],
        'x',
      ),
    line: 'POST PATH HTTP/1.1',
    has: ['host: a', 'content-length: 1', 'x-forwarded-for: 127.0.0.1'],
    body: 'x',
  },
  'upgrade-1.0': {
    rfc: '9110 §7.8',
    sent: 'Upgrade in HTTP/1.0',
    bytes: (path) =>
      `GET ${path} HTTP/1.0\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    lacks: ['upgrade'],
    ends: true,
  },
  'upgrade-content': {
    rfc: '9110 §7.8',
    sent: 'Upgrade with content',
    bytes: (path) =>
      request(
        'POST',
        path,
        ['connection: upgrade', 'upgrade: websocket', 'content-length: 3'],
        'abc',
      ),
    line: 'POST PATH HTTP/1.1',
    has: ['content-length: 3'],
    lacks: ['upgrade'],
    body: 'abc',
  },
  'upgrade-h2c': {
    rfc: '9113 §3.1',
    sent: 'Upgrade: h2c with content',
    bytes: (path) =>
      request(
        'POST',
        path,
        [
          'connection: upgrade, http2-settings',
          'upgrade: h2c',
          'http2-settings: AAMA',
          'content-length: 3',
        ],
        'abc',
      ),
    line: 'POST PATH HTTP/1.1',
    lacks: ['upgrade', 'http2-settings'],
    body: 'abc',
  },
  'forwarded-added': {
    rfc: 'none (de facto)',
    sent: 'no X-Forwarded-*',
    bytes: (path) => get(path),
    has: ['x-forwarded-for: 127.0.0.1', 'x-forwarded-host: a', 'x-forwarded-proto: http'],
  },
  'forwarded-claimed': {
    rfc: 'none (de facto)',
    sent: 'X-Forwarded-For: 192.0.2.1, -Host: evil, -Proto: https',
    bytes: (path) =>
      get(path, [
        'x-forwarded-for: 192.0.2.1',
        'x-forwarded-host: evil',
        'x-forwarded-proto: https',
      ]),
    has: [
      'x-forwarded-for: 192.0.2.1, 127.0.0.1',
      'x-forwarded-host: a',
      'x-forwarded-proto: http',
    ],
  },
  'via-kept': {
    rfc: '9110 §7.6.3',
    sent: 'Via: 1.1 x',
    bytes: (path) => get(path, ['via: 1.1 x']),
    has: ['via: 1.1 x'],
  },
  'value-8bit': {
    rfc: '9110 §5.5',
    sent: 'a byte above ASCII in a value',
    bytes: (path) => get(path, ['x: a\xffb']),
    has: ['x: a\xffb'],
  },
  'client-close': {
    rfc: '9112 §9.6',
    sent: 'Connection: close, and another request behind it',
    bytes: (path) => get(path, ['connection: close']) + get('/behind-close'),
    has: ['connection: keep-alive'],
    ends: true,
  },
};

function describeBackend({
  line = 'GET PATH HTTP/1.1',
  has = [],
  lacks = [],
  body = '',
}: Passed): string {
  const without = lacks.length === 0 ? [] : [`no ${lacks.join(', ')}`];
  const content = body === '' ? [] : [`content ${JSON.stringify(body)}`];
  return [line, ...has, ...without, ...content].join('; ');
}

export const PASSED_CASES: readonly Http1Case[] = Object.entries(PASSED).map(([id, passed]) => ({
  id,
  rfc: passed.rfc,
  sent: passed.sent,
  client: passed.ends ? '200, end of the connection' : '200, the connection goes on',
  backend: describeBackend(passed),
  run: (lab) => runPassed(id, passed, lab),
}));

async function runPassed(id: string, passed: Passed, lab: Http1Lab): Promise<void> {
  for (const kind of ['fresh', 'kept'] as const) {
    const client = kind === 'fresh' ? await lab.connect() : await lab.connectWarm();
    const path = `/passed-${id}-${kind}`;
    client.socket.write(passed.bytes(path), 'latin1');
    assertAsDescribed(await lab.arrived(path), path, passed);
    const answers = kind === 'fresh' ? 1 : 2;
    await holds(() => client.received().split('\r\n\r\nok').length === answers + 1);
    if (passed.ends) {
      await holds(client.ended);
    } else {
      client.socket.write(get(`${path}-next`));
      await holds(() => client.received().split('\r\n\r\nok').length === answers + 2);
    }
    client.socket.destroy();
  }
  assert.deepEqual(lab.backend.faults, []);
  assert.ok(!lab.backend.raw.some((bytes) => bytes.includes('/behind-close')));
}

function assertAsDescribed(request: RecordedRequest, path: string, passed: Passed): void {
  const { line = 'GET PATH HTTP/1.1', has = [], lacks = [], body = '' } = passed;
  assert.equal(request.line, line.replace('PATH', path));
  for (const field of has) assert.ok(request.fields.includes(field), `${field}: ${request.fields}`);
  const names = request.fields.map((field) => field.slice(0, field.indexOf(':')).toLowerCase());
  for (const name of lacks) assert.ok(!names.includes(name), `${name}: ${request.fields}`);
  assert.equal(names.filter((name) => name === 'host').length, 1);
  assert.equal(request.body, body);
}
