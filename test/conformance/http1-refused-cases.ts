// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { holds, type RawClient } from '../support/engine-lab.js';
import type { Http1Case } from './http1-case.js';
import { afterWarm, get, type Http1Lab, request } from './http1-lab.js';

interface Refused {
  readonly rfc: string;
  readonly sent: string;
  readonly status: number;
  /** Bytes of the request; `path` is where it would go. */
  readonly bytes: (path: string) => string;
  /** The head is fine: a part of the request may reach the backend, never its end. Default false. */
  readonly inBody?: boolean;
}

const CHUNKED = 'transfer-encoding: chunked';
const post = (fields: readonly string[], body: string) => (path: string) =>
  request('POST', path, fields, body);
const withFields = (...fields: string[]) => post(fields, 'x');
const withLine = (line: (path: string) => string) => (path: string) =>
  `${line(path)}\r\nhost: a\r\n\r\n`;
const withHead = (text: string) => (path: string) => `GET ${path} HTTP/1.1\r\n${text}\r\n\r\n`;

function lengths(): Record<string, Refused> {
  const values = [
    '+1',
    '-1',
    '0x1',
    '1,1',
    '1 1',
    '1_0',
    '',
    '9007199254740992',
    '1'.padEnd(23, '0'),
  ];
  return Object.fromEntries(
    values.map((value, index) => [
      `length-${index + 1}`,
      {
        rfc: '9112 §6.3',
        sent: `Content-Length: ${value === '' ? '(empty)' : value}`,
        status: 400,
        bytes: withFields(`content-length: ${value}`),
      },
    ]),
  );
}

function codings(): Record<string, Refused> {
  const rows: [string, number][] = [
    ...['identity', 'xchunked', 'gzip', 'chunked, identity', 'chunked;q=1', 'chunked,', ''].map(
      (value): [string, number] => [value, 400],
    ),
    ['gzip, chunked', 501],
    [', chunked', 501],
    ['chunked, chunked', 400],
    ['\x0bchunked', 400],
  ];
  return Object.fromEntries(
    rows.map(([value, status], index) => [
      `coding-${index + 1}`,
      {
        rfc: '9112 §6.1',
        sent: `Transfer-Encoding: ${JSON.stringify(value)}`,
        status,
        bytes: post([`transfer-encoding: ${value}`], '1\r\nx\r\n0\r\n\r\n'),
      },
    ]),
  );
}

function chunks(): Record<string, Refused> {
  const rows: [string, string, number?][] = [
    ['a size with a sign', '+1\r\nx\r\n0\r\n\r\n'],
    ['a size below zero', '-1\r\nx\r\n0\r\n\r\n'],
    ['a size with 0x', '0x1\r\nx\r\n0\r\n\r\n'],
    ['a size with an underscore', '1_0\r\nx\r\n0\r\n\r\n'],
    ['a size behind a space', ' 1\r\nx\r\n0\r\n\r\n'],
    ['a size before a space', '1 \r\nx\r\n0\r\n\r\n'],
    ['a size above 64 bits', `${'f'.repeat(17)}\r\nx\r\n0\r\n\r\n`],
    ['a size line that ends with LF', '1\nx\r\n0\r\n\r\n'],
    ['a size line with a bare CR', '1\r\r\nx\r\n0\r\n\r\n'],
    ['an empty size line', '\r\n1\r\nx\r\n0\r\n\r\n'],
    ['more data than the size', '1\r\nxx\r\n0\r\n\r\n'],
    ['data without CRLF', '1\r\nx0\r\n\r\n'],
    ['data that ends with LF', '1\r\nx\n0\r\n\r\n'],
    ['an extension with LF', '1;a\nb\r\nx\r\n0\r\n\r\n'],
    ['an extension with LF in quotes', '1;a="\n"\r\nx\r\n0\r\n\r\n'],
    ['an extension with NUL', '1;\0\r\nx\r\n0\r\n\r\n'],
    ['an extension of 20 KB', `1;${'a'.repeat(20_000)}\r\nx\r\n0\r\n\r\n`, 413],
    ['a last chunk that ends with LF', '1\r\nx\r\n0\n\n'],
    ['a trailer section that ends with LF', '1\r\nx\r\n0\r\n\n'],
    ['a trailer with space before the colon', '1\r\nx\r\n0\r\na : b\r\n\r\n'],
    ['Content-Length as a trailer', '1\r\nx\r\n0\r\ncontent-length: 9\r\n\r\n'],
  ];
  return Object.fromEntries(
    rows.map(([sent, body, status = 400], index) => [
      `chunk-${index + 1}`,
      { rfc: '9112 §7.1', sent, status, bytes: post([CHUNKED], body), inBody: true },
    ]),
  );
}

const FRAMING: Record<string, Refused> = {
  'length-and-coding': {
    rfc: '9112 §6.3',
    sent: 'Content-Length and Transfer-Encoding',
    status: 400,
    bytes: post(['content-length: 5', CHUNKED], '0\r\n\r\n'),
  },
  'coding-and-length': {
    rfc: '9112 §6.3',
    sent: 'Transfer-Encoding and Content-Length',
    status: 400,
    bytes: post([CHUNKED, 'content-length: 5'], '0\r\n\r\n'),
  },
  'lengths-equal': {
    rfc: '9112 §6.3',
    sent: 'Content-Length twice, equal',
    status: 400,
    bytes: withFields('content-length: 1', 'content-length: 1'),
  },
  'lengths-different': {
    rfc: '9112 §6.3',
    sent: 'Content-Length twice, different',
    status: 400,
    bytes: withFields('content-length: 1', 'content-length: 2'),
  },
  ...lengths(),
  'coding-twice': {
    rfc: '9112 §6.1',
    sent: 'Transfer-Encoding: chunked twice',
    status: 400,
    bytes: post([CHUNKED, CHUNKED], '0\r\n\r\n'),
  },
  'coding-in-two-fields': {
    rfc: '9112 §6.1',
    sent: 'Transfer-Encoding: identity, then chunked in another field',
    status: 501,
    bytes: post(['transfer-encoding: identity', CHUNKED], '0\r\n\r\n'),
  },
  ...codings(),
  'coding-in-1.0': {
    rfc: '9112 §6.1',
    sent: 'Transfer-Encoding in HTTP/1.0',
    status: 400,
    bytes: (path) => `POST ${path} HTTP/1.0\r\nhost: a\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`,
  },
  ...chunks(),
};

const SYNTAX: Record<string, Refused> = {
  'lf-everywhere': {
    rfc: '9112 §2.2',
    sent: 'lines that end with LF',
    status: 400,
    bytes: (path) => `GET ${path} HTTP/1.1\nhost: a\n\n`,
  },
  'lf-request-line': {
    rfc: '9112 §2.2',
    sent: 'a request line that ends with LF',
    status: 400,
    bytes: (path) => `GET ${path} HTTP/1.1\nhost: a\r\n\r\n`,
  },
  'lf-field': {
    rfc: '9112 §2.2',
    sent: 'a field that ends with LF',
    status: 400,
    bytes: withHead('host: a\nx: y'),
  },
  'lf-end': {
    rfc: '9112 §2.2',
    sent: 'a head that ends with LF',
    status: 400,
    bytes: (path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\n`,
  },
  'bare-cr': {
    rfc: '9112 §2.2',
    sent: 'a bare CR in a value',
    status: 400,
    bytes: withHead('host: a\r\nx: a\rb'),
  },
  'bare-cr-end': {
    rfc: '9112 §2.2',
    sent: 'CR without LF before a field',
    status: 400,
    bytes: withHead('host: a\r\n\rx: y'),
  },
  'fold-space': {
    rfc: '9112 §5.2',
    sent: 'a folded value (space)',
    status: 400,
    bytes: withHead('host: a\r\nx: y\r\n z'),
  },
  'fold-tab': {
    rfc: '9112 §5.2',
    sent: 'a folded value (tab)',
    status: 400,
    bytes: withHead('host: a\r\nx: y\r\n\tz'),
  },
  'fold-first': {
    rfc: '9112 §2.2',
    sent: 'space before the first field',
    status: 400,
    bytes: withHead(' host: a\r\nx: y'),
  },
  'fold-coding': {
    rfc: '9112 §5.2',
    sent: 'Transfer-Encoding with a folded value',
    status: 400,
    bytes: (path) =>
      `POST ${path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
  },
  'space-colon': {
    rfc: '9112 §5.1',
    sent: 'space before the colon',
    status: 400,
    bytes: withHead('host: a\r\nx : y'),
  },
  'space-colon-length': {
    rfc: '9112 §5.1',
    sent: 'Content-Length with space before the colon',
    status: 400,
    bytes: withFields('content-length : 1'),
  },
  'tab-colon-coding': {
    rfc: '9112 §5.1',
    sent: 'Transfer-Encoding with tab before the colon',
    status: 400,
    bytes: post(['transfer-encoding\t: chunked'], '0\r\n\r\n'),
  },
  'empty-name': {
    rfc: '9110 §5.1',
    sent: 'an empty field name',
    status: 400,
    bytes: withHead('host: a\r\n: y'),
  },
  'no-colon': {
    rfc: '9112 §5',
    sent: 'a field without a colon',
    status: 400,
    bytes: withHead('host: a\r\nxyz'),
  },
  'name-control': {
    rfc: '9110 §5.1',
    sent: 'a control character in a name',
    status: 400,
    bytes: withHead('host: a\r\nx\x01: y'),
  },
  'name-8bit': {
    rfc: '9110 §5.1',
    sent: 'a byte above ASCII in a name',
    status: 400,
    bytes: withHead('host: a\r\nx\xff: y'),
  },
  'name-space': {
    rfc: '9110 §5.1',
    sent: 'a space in a name',
    status: 400,
    bytes: withHead('host: a\r\nx y: z'),
  },
  'value-nul': {
    rfc: '9110 §5.5',
    sent: 'NUL in a value',
    status: 400,
    bytes: withHead('host: a\r\nx: a\0b'),
  },
  'value-control': {
    rfc: '9110 §5.5',
    sent: 'a control character in a value',
    status: 400,
    bytes: withHead('host: a\r\nx: a\x01b'),
  },
  'value-del': {
    rfc: '9110 §5.5',
    sent: 'DEL in a value',
    status: 400,
    bytes: withHead('host: a\r\nx: a\x7fb'),
  },
};

const LINE: Record<string, Refused> = {
  'target-space': {
    rfc: '9112 §3',
    sent: 'a space in the target',
    status: 400,
    bytes: withLine((p) => `GET ${p} b HTTP/1.1`),
  },
  'target-control': {
    rfc: '9112 §3',
    sent: 'a control character in the target',
    status: 400,
    bytes: withLine((p) => `GET ${p}\x01 HTTP/1.1`),
  },
  'target-8bit': {
    rfc: '9112 §3',
    sent: 'a byte above ASCII in the target',
    status: 400,
    bytes: withLine((p) => `GET ${p}\xff HTTP/1.1`),
  },
  'target-fragment': {
    rfc: '9112 §3.2',
    sent: 'a fragment in the target',
    status: 400,
    bytes: withLine((p) => `GET ${p}#a HTTP/1.1`),
  },
  'target-authority': {
    rfc: '9112 §3.2.3',
    sent: 'GET with a target in authority form',
    status: 400,
    bytes: withLine(() => 'GET a:80 HTTP/1.1'),
  },
  'target-connect': {
    rfc: '9110 §9.3.6',
    sent: 'CONNECT',
    status: 405,
    bytes: withLine(() => 'CONNECT a:80 HTTP/1.1'),
  },
  'target-asterisk': {
    rfc: '9112 §3.2.4',
    sent: 'GET *',
    status: 400,
    bytes: withLine(() => 'GET * HTTP/1.1'),
  },
  'target-scheme': {
    rfc: '9112 §3.2.2',
    sent: 'an absolute target with another scheme',
    status: 400,
    bytes: withLine((p) => `GET ftp://a${p} HTTP/1.1`),
  },
  'target-user': {
    rfc: '9110 §4.2.4',
    sent: 'user information in the target',
    status: 400,
    bytes: withLine((p) => `GET http://u:p@a${p} HTTP/1.1`),
  },
  'target-no-host': {
    rfc: '9110 §4.2.1',
    sent: 'an absolute target without a host',
    status: 400,
    bytes: withLine((p) => `GET http://${p} HTTP/1.1`),
  },
  'target-long': {
    rfc: '9110 §15.5.15',
    sent: 'a target of 64 KiB',
    status: 414,
    bytes: withLine((p) => `GET ${p.padEnd(65_535, 'a')} HTTP/1.1`),
  },
  'head-long': {
    rfc: '9110 §5.4',
    sent: 'a field of 256 KiB',
    status: 431,
    bytes: withHead(`host: a\r\nx: ${'a'.repeat(256 * 1024)}`),
  },
  'head-many': {
    rfc: '9110 §5.4',
    sent: '101 fields (http1MaxHeaders 100)',
    status: 431,
    bytes: withHead(`host: a${'\r\nx: y'.repeat(100)}`),
  },
  'tab-in-line': {
    rfc: '9112 §3',
    sent: 'a tab in the request line',
    status: 400,
    bytes: withLine((p) => `GET\t${p} HTTP/1.1`),
  },
  'space-after-version': {
    rfc: '9112 §3',
    sent: 'a space behind the version',
    status: 400,
    bytes: withLine((p) => `GET ${p} HTTP/1.1 `),
  },
  'space-first': {
    rfc: '9112 §2.2',
    sent: 'a space before the request line',
    status: 400,
    bytes: withLine((p) => ` GET ${p} HTTP/1.1`),
  },
  'version-0.9': {
    rfc: '9112 §2.3',
    sent: 'HTTP/0.9 (no version)',
    status: 400,
    bytes: (path) => `GET ${path}\r\n\r\n`,
  },
  'version-0.9-named': {
    rfc: '9112 §2.3',
    sent: 'HTTP/0.9',
    status: 400,
    bytes: withLine((p) => `GET ${p} HTTP/0.9`),
  },
  'version-1.2': {
    rfc: '9112 §2.3',
    sent: 'HTTP/1.2',
    status: 400,
    bytes: withLine((p) => `GET ${p} HTTP/1.2`),
  },
  'version-2.0': {
    rfc: '9110 §15.6.6',
    sent: 'HTTP/2.0 in text',
    status: 505,
    bytes: withLine((p) => `GET ${p} HTTP/2.0`),
  },
  'version-lower': {
    rfc: '9112 §2.3',
    sent: 'http/1.1 in lower case',
    status: 400,
    bytes: withLine((p) => `GET ${p} http/1.1`),
  },
  'version-ice': {
    rfc: '9112 §2.3',
    sent: 'SOURCE … ICE/1.0',
    status: 400,
    bytes: withLine((p) => `SOURCE ${p} ICE/1.0`),
  },
  'method-lower': {
    rfc: '9110 §9.1',
    sent: 'a method in lower case',
    status: 400,
    bytes: withLine((p) => `get ${p} HTTP/1.1`),
  },
  'method-unknown': {
    rfc: '9110 §9.1',
    sent: 'a method that is not registered',
    status: 400,
    bytes: withLine((p) => `FOO ${p} HTTP/1.1`),
  },
  garbage: {
    rfc: '9112 §2.2',
    sent: 'bytes that are no HTTP',
    status: 400,
    bytes: () => '\x16\x03\x01\x02\0\x01',
  },
};

function hosts(): Record<string, Refused> {
  const values = ['', 'a, b', 'a b', 'u@a', 'a/b', 'a:99999', 'a:x', '[::1', 'a\\b', '\xe9'];
  return {
    'host-none': { rfc: '9112 §3.2', sent: 'no Host', status: 400, bytes: withHead('x: y') },
    'host-none-absolute': {
      rfc: '9112 §3.2',
      sent: 'no Host, absolute target',
      status: 400,
      bytes: (path) => `GET http://a${path} HTTP/1.1\r\n\r\n`,
    },
    'host-two': {
      rfc: '9112 §3.2',
      sent: 'Host twice',
      status: 400,
      bytes: withHead('host: a\r\nhost: b'),
    },
    'host-two-absolute': {
      rfc: '9112 §3.2',
      sent: 'Host twice, absolute target',
      status: 400,
      bytes: (path) => `GET http://a${path} HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n`,
    },
    ...Object.fromEntries(
      values.map((value, index) => [
        `host-${index + 1}`,
        {
          rfc: '9112 §3.2',
          sent: `Host: ${value === '' ? '(empty)' : value}`,
          status: 400,
          bytes: withHead(`host: ${value}`),
        },
      ]),
    ),
    'expect-unknown': {
      rfc: '9110 §10.1.1',
      sent: 'Expect: something else than 100-continue',
      status: 417,
      bytes: withFields('expect: x', 'content-length: 1'),
    },
  };
}

export const REFUSED_CASES: readonly Http1Case[] = Object.entries({
  ...FRAMING,
  ...SYNTAX,
  ...LINE,
  ...hosts(),
}).map(([id, refused]) => ({
  id,
  rfc: refused.rfc,
  sent: refused.sent,
  client: `${refused.status}, end of the connection`,
  backend: refused.inBody ? 'no end of a request' : 'nothing',
  run: (lab) => runRefused(id, refused, lab),
}));

/** On a connection of its own and on one that was answered before; another request follows in the same bytes. */
async function runRefused(id: string, refused: Refused, lab: Http1Lab): Promise<void> {
  for (const kind of ['fresh', 'kept'] as const) {
    const client = kind === 'fresh' ? await lab.connect() : await lab.connectWarm();
    const path = `/refused-${id}-${kind}`;
    const bytes = refused.bytes(path) + get(`/smuggled-${id}`);
    client.socket.write(bytes, 'latin1');
    await holds(client.ended);
    assertOneAnswer(client, refused.status, `${id} ${kind}`);
    client.socket.destroy();
  }
  await lab.settle();
  const { requests, raw, faults } = lab.backend;
  assert.deepEqual(faults, []);
  assert.ok(!requests.some(({ path }) => path.includes(`/refused-${id}-`)));
  assert.ok(!raw.some((bytes) => bytes.includes(`/smuggled-${id}`)));
  if (!refused.inBody) assert.ok(!raw.some((bytes) => bytes.includes(`/refused-${id}-`)));
}

function assertOneAnswer(client: RawClient, status: number, what: string): void {
  const received = afterWarm(client);
  assert.match(received, new RegExp(`^HTTP/1\\.1 ${status} `), what);
  assert.match(received, /\r\nconnection: close\r\n/, what);
  assert.equal(received.match(/HTTP\/1\.1 \d{3} /g)?.length, 1, `${what}: ${received}`);
}
