// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { holds } from '../support/engine-lab.js';
import type { HeaderPair } from '../support/hpack.js';
import { requestOf, statusOf } from '../support/http2-peer.js';
import { type Http2Case, pathOf } from './http2-case.js';
import { assertServes, finished } from './http2-lab.js';

/** How a request is refused: by the end of its stream, or with a status of the proxy. */
type Outcome = 'PROTOCOL_ERROR' | 'ENHANCE_YOUR_CALM' | '400' | '405' | '417';

interface Malformed {
  readonly rfc: string;
  readonly sent: string;
  readonly outcome: Outcome;
  readonly headers: (path: string) => readonly HeaderPair[];
  /** Sent after the head, which then has no END_STREAM. */
  readonly body?: string;
  readonly trailers?: readonly HeaderPair[];
  /** The trailers do not end the stream. */
  readonly open?: boolean;
}

const PSEUDO = '9113 §8.3.1';
const FIELDS = '9113 §8.2.1';
const CONNECTION = '9113 §8.2.2';
const LENGTH = '9113 §8.1.1';

const plain = (path: string): HeaderPair[] => requestOf('GET', path);
const post = (path: string, ...more: readonly HeaderPair[]): HeaderPair[] =>
  requestOf('POST', path, ...more);
const withField =
  (name: string, value: string) =>
  (path: string): HeaderPair[] => [...plain(path), [name, value]];
const without =
  (name: string) =>
  (path: string): HeaderPair[] =>
    plain(path).filter(([each]) => each !== name);
const withPseudo =
  (name: string, value: (path: string) => string) =>
  (path: string): HeaderPair[] =>
    plain(path).map(([each, old]) => [each, each === name ? value(path) : old]);

const reset = 'PROTOCOL_ERROR';

const PSEUDO_HEADERS: Readonly<Record<string, Malformed>> = {
  'no-method': { rfc: PSEUDO, sent: 'no :method', outcome: reset, headers: without(':method') },
  'no-path': { rfc: PSEUDO, sent: 'no :path', outcome: reset, headers: without(':path') },
  'no-scheme': { rfc: PSEUDO, sent: 'no :scheme', outcome: reset, headers: without(':scheme') },
  'no-authority': {
    rfc: PSEUDO,
    sent: 'neither :authority nor Host',
    outcome: reset,
    headers: without(':authority'),
  },
  'method-twice': {
    rfc: PSEUDO,
    sent: ':method twice',
    outcome: reset,
    headers: withField(':method', 'GET'),
  },
  'path-twice': {
    rfc: PSEUDO,
    sent: ':path twice',
    outcome: reset,
    headers: withField(':path', '/y'),
  },
  'pseudo-unknown': {
    rfc: '9113 §8.3',
    sent: 'a pseudo-header that there is not',
    outcome: reset,
    headers: withField(':foo', '1'),
  },
  'pseudo-response': {
    rfc: '9113 §8.3',
    sent: ':status in a request',
    outcome: reset,
    headers: withField(':status', '200'),
  },
  'pseudo-late': {
    rfc: '9113 §8.3',
    sent: 'a pseudo-header behind a field',
    outcome: reset,
    headers: (path) => [...without(':path')(path), ['x-a', '1'], [':path', path]],
  },
  'pseudo-trailer': {
    rfc: '9113 §8.3',
    sent: 'a pseudo-header in trailers',
    outcome: reset,
    headers: post,
    body: 'x',
    trailers: [[':path', '/y']],
  },
  'path-empty': {
    rfc: PSEUDO,
    sent: 'an empty :path',
    outcome: reset,
    headers: withPseudo(':path', () => ''),
  },
  'path-relative': {
    rfc: PSEUDO,
    sent: 'a :path without /',
    outcome: reset,
    headers: withPseudo(':path', (path) => path.slice(1)),
  },
  'path-absolute': {
    rfc: PSEUDO,
    sent: 'a URL as :path',
    outcome: reset,
    headers: withPseudo(':path', (path) => `http://b.test${path}`),
  },
  'path-asterisk': {
    rfc: PSEUDO,
    sent: 'GET *',
    outcome: reset,
    headers: withPseudo(':path', () => '*'),
  },
  'path-space': {
    rfc: PSEUDO,
    sent: 'a space in :path',
    outcome: reset,
    headers: withPseudo(':path', (path) => `${path} HTTP/1.1`),
  },
  'path-crlf': {
    rfc: '9113 §10.3',
    sent: 'a whole HTTP/1.1 request in :path',
    outcome: reset,
    headers: withPseudo(':path', (path) => `/ HTTP/1.1\r\nhost: a\r\n\r\nGET ${path}`),
  },
  'path-nul': {
    rfc: PSEUDO,
    sent: 'NUL in :path',
    outcome: reset,
    headers: withPseudo(':path', (path) => `${path}\0`),
  },
  'path-8bit': {
    rfc: '3986 §3.3',
    sent: 'a byte above ASCII in :path',
    outcome: '400',
    headers: withPseudo(':path', (path) => `${path}\xe9`),
  },
  'path-fragment': {
    rfc: PSEUDO,
    sent: 'a fragment in :path',
    outcome: '400',
    headers: withPseudo(':path', (path) => `${path}#a`),
  },
  'method-space': {
    rfc: '9110 §9.1',
    sent: 'a request line in :method',
    outcome: reset,
    headers: withPseudo(':method', () => 'GET / HTTP/1.1'),
  },
  'method-crlf': {
    rfc: '9113 §10.3',
    sent: 'a whole HTTP/1.1 request in :method',
    outcome: reset,
    headers: withPseudo(':method', (path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\nGET`),
  },
  'method-empty': {
    rfc: '9110 §9.1',
    sent: 'an empty :method',
    outcome: reset,
    headers: withPseudo(':method', () => ''),
  },
  'method-pri': {
    rfc: '9113 §11.6',
    sent: 'PRI as :method',
    outcome: '400',
    headers: withPseudo(':method', () => 'PRI'),
  },
  'scheme-odd': {
    rfc: PSEUDO,
    sent: 'a :scheme that is none',
    outcome: reset,
    headers: withPseudo(':scheme', () => 'h t'),
  },
  'authority-empty': {
    rfc: PSEUDO,
    sent: 'an empty :authority',
    outcome: reset,
    headers: withPseudo(':authority', () => ''),
  },
  'authority-odd': {
    rfc: PSEUDO,
    sent: 'a space in :authority',
    outcome: reset,
    headers: withPseudo(':authority', () => 'a b'),
  },
  'authority-user': {
    rfc: PSEUDO,
    sent: 'user information in :authority',
    outcome: '400',
    headers: withPseudo(':authority', () => 'u:p@a.test'),
  },
  'authority-port': {
    rfc: '3986 §3.2.3',
    sent: ':authority with port 99999',
    outcome: '400',
    headers: withPseudo(':authority', () => 'a.test:99999'),
  },
  'host-differs': {
    rfc: PSEUDO,
    sent: 'Host that differs from :authority',
    outcome: '400',
    headers: withField('host', 'b.test'),
  },
  'host-twice': {
    rfc: PSEUDO,
    sent: 'Host twice',
    outcome: reset,
    headers: (path) => [...plain(path), ['host', 'a.test'], ['host', 'a.test']],
  },
  connect: {
    rfc: '9113 §8.5',
    sent: 'CONNECT',
    outcome: '405',
    headers: () => [
      [':method', 'CONNECT'],
      [':authority', 'a:1'],
    ],
  },
  'connect-path': {
    rfc: '9113 §8.5',
    sent: 'CONNECT with :path',
    outcome: reset,
    headers: withPseudo(':method', () => 'CONNECT'),
  },
  'connect-extended': {
    rfc: '8441 §4',
    sent: 'extended CONNECT, which SETTINGS do not offer',
    outcome: reset,
    headers: (path) => [
      ...withPseudo(':method', () => 'CONNECT')(path),
      [':protocol', 'websocket'],
    ],
  },
};

const CONNECTION_FIELDS = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
];

function connectionFields(): Record<string, Malformed> {
  const rows = CONNECTION_FIELDS.map((name): [string, Malformed] => [
    `field-${name}`,
    {
      rfc: CONNECTION,
      sent: `the field ${name}`,
      outcome: reset,
      headers: withField(name, 'chunked'),
    },
  ]);
  return Object.fromEntries(rows);
}

const FIELDS_AND_LENGTHS: Readonly<Record<string, Malformed>> = {
  'te-gzip': {
    rfc: CONNECTION,
    sent: 'TE: gzip',
    outcome: reset,
    headers: withField('te', 'gzip'),
  },
  'name-upper': {
    rfc: FIELDS,
    sent: 'a name in upper case',
    outcome: reset,
    headers: withField('X-Upper', '1'),
  },
  'expect-unknown': {
    rfc: '9110 §10.1.1',
    sent: 'Expect: something else than 100-continue',
    outcome: '417',
    headers: withField('expect', 'more'),
  },
  'length-without-body': {
    rfc: LENGTH,
    sent: 'Content-Length: 5 and no content',
    outcome: reset,
    headers: withField('content-length', '5'),
  },
  'length-odd': {
    rfc: LENGTH,
    sent: 'Content-Length: 5x',
    outcome: reset,
    headers: withField('content-length', '5x'),
  },
  'length-sign': {
    rfc: LENGTH,
    sent: 'Content-Length: +1',
    outcome: reset,
    headers: (path) => post(path, ['content-length', '+1']),
    body: 'x',
  },
  'length-list': {
    rfc: LENGTH,
    sent: 'Content-Length: 1, 1',
    outcome: reset,
    headers: (path) => post(path, ['content-length', '1, 1']),
    body: 'x',
  },
  'length-twice': {
    rfc: LENGTH,
    sent: 'Content-Length twice, equal',
    outcome: reset,
    headers: (path) => post(path, ['content-length', '1'], ['content-length', '1']),
    body: 'x',
  },
  'length-short': {
    rfc: LENGTH,
    sent: 'less content than Content-Length',
    outcome: reset,
    headers: (path) => post(path, ['content-length', '5']),
    body: 'x',
  },
  'length-long': {
    rfc: LENGTH,
    sent: 'an HTTP/1.1 request behind the content of Content-Length',
    outcome: reset,
    headers: (path) => post(path, ['content-length', '1']),
    body: 'xGET /length-long/ HTTP/1.1\r\nhost: a\r\n\r\n',
  },
  'trailers-open': {
    rfc: '9113 §8.1',
    sent: 'trailers without END_STREAM',
    outcome: reset,
    headers: post,
    body: 'x',
    trailers: [['x-t', '1']],
    open: true,
  },
  'trailers-coding': {
    rfc: CONNECTION,
    sent: 'Transfer-Encoding as a trailer',
    outcome: reset,
    headers: post,
    body: 'x',
    trailers: [['transfer-encoding', 'chunked']],
  },
  'list-long': {
    rfc: '9113 §10.5.1',
    sent: 'fields of 32 KiB in CONTINUATION (SETTINGS allow 16 KiB)',
    outcome: 'ENHANCE_YOUR_CALM',
    headers: (path) => [...plain(path), ['x-a', 'a'.repeat(16_000)], ['x-b', 'b'.repeat(16_000)]],
  },
};

function clientSees(outcome: Outcome): string {
  const isStatus = /^\d/.test(outcome);
  return `${isStatus ? outcome : `RST_STREAM ${outcome}`}, the connection goes on`;
}

function toCase([id, malformed]: [string, Malformed]): Http2Case {
  const { rfc, sent, outcome, headers, body, trailers, open } = malformed;
  const isBroken = body !== undefined && !/^\d/.test(outcome);
  return {
    id,
    rfc,
    sent,
    client: clientSees(outcome),
    backend: isBroken ? 'no end of a request' : 'nothing',
    run: async (lab) => {
      const peer = await lab.connect();
      peer.request(1, headers(pathOf(id)), { end: body === undefined });
      if (body !== undefined) peer.data(1, body, { end: trailers === undefined });
      if (trailers !== undefined) peer.request(1, trailers, { end: open !== true });
      await holds(() => peer.stream(1).reset !== undefined || peer.stream(1).ended);
      const stream = await finished(peer, 1);
      assert.equal(/^\d/.test(outcome) ? statusOf(stream) : stream.reset, outcome);
      await assertServes(peer, 3);
      lab.assertNothingArrived(pathOf(id));
    },
  };
}

export const MALFORMED_CASES: readonly Http2Case[] = Object.entries({
  ...PSEUDO_HEADERS,
  ...connectionFields(),
  ...FIELDS_AND_LENGTHS,
}).map(toCase);
