// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { HeaderPair } from '../support/hpack.js';
import { requestOf, statusOf } from '../support/http2-peer.js';
import type { RecordedRequest } from '../support/recorder-backend.js';
import { type Http2Case, pathOf } from './http2-case.js';
import { assertServes, finished } from './http2-lab.js';

interface Passed {
  readonly rfc: string;
  readonly sent: string;
  readonly headers: (path: string) => readonly HeaderPair[];
  readonly body?: string;
  readonly trailers?: readonly HeaderPair[];
  /** Request line with PATH for the path. */
  readonly line: string;
  /** Fields that the backend must see exactly so, all of that name; undefined: none of that name. */
  readonly fields?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Where it differs from `body`. */
  readonly content?: string;
}

const plain = (path: string): HeaderPair[] => requestOf('GET', path);
const post = (path: string): HeaderPair[] => requestOf('POST', path);
const withFields =
  (...fields: readonly HeaderPair[]) =>
  (path: string): HeaderPair[] => [...plain(path), ...fields];
const withPseudo =
  (name: string, value: (path: string) => string) =>
  (path: string): HeaderPair[] =>
    plain(path).map(([each, old]) => [each, each === name ? value(path) : old]);

const GET = 'GET PATH HTTP/1.1';
const FORWARDED = {
  'x-forwarded-for': '127.0.0.1',
  'x-forwarded-host': 'a.test',
  'x-forwarded-proto': 'http',
};

const PASSED: Readonly<Record<string, Passed>> = {
  plain: {
    rfc: '9113 §8.3.1',
    sent: 'GET',
    headers: plain,
    line: GET,
    fields: { host: 'a.test', ...FORWARDED },
  },
  'host-alone': {
    rfc: '9113 §8.3.1',
    sent: 'Host without :authority',
    headers: (path) => [
      ...plain(path).filter(([name]) => name !== ':authority'),
      ['host', 'b.test'],
    ],
    line: GET,
    fields: { host: 'b.test' },
  },
  'host-equal': {
    rfc: '9113 §8.3.1',
    sent: 'Host equal to :authority but for case and port 80',
    headers: withFields(['host', 'A.test:80']),
    line: GET,
    fields: { host: 'a.test' },
  },
  'scheme-https': {
    rfc: '9113 §8.3.1',
    sent: ':scheme https on a plain connection',
    headers: withPseudo(':scheme', () => 'https'),
    line: GET,
    fields: { 'x-forwarded-proto': 'http' },
  },
  'path-odd': {
    rfc: '9113 §8.3.1',
    sent: 'a path with ../ %2e and \\',
    headers: withPseudo(':path', (path) => `${path}/../%2e\\b`),
    line: 'GET PATH/../%2e\\b HTTP/1.1',
  },
  'method-unknown': {
    rfc: '9110 §9.1',
    sent: 'a method that is not registered',
    headers: withPseudo(':method', () => 'BREW'),
    line: 'BREW PATH HTTP/1.1',
  },
  'te-trailers': {
    rfc: '9113 §8.2.2',
    sent: 'TE: trailers',
    headers: withFields(['te', 'trailers']),
    line: GET,
    fields: { te: undefined },
  },
  'http2-settings': {
    rfc: '9113 §3.1',
    sent: 'HTTP2-Settings',
    headers: withFields(['http2-settings', 'AAMA']),
    line: GET,
    fields: { 'http2-settings': undefined },
  },
  'proxy-authorization': {
    rfc: '9110 §11.7.2',
    sent: 'Proxy-Authorization',
    headers: withFields(['proxy-authorization', 'Basic eDp5']),
    line: GET,
    fields: { 'proxy-authorization': undefined },
  },
  'cookie-crumbs': {
    rfc: '9113 §8.2.3',
    sent: 'two cookie fields',
    headers: withFields(['cookie', 'a=1'], ['cookie', 'b=2']),
    line: GET,
    fields: { cookie: 'a=1; b=2' },
  },
  'field-twice': {
    rfc: '9110 §5.3',
    sent: 'one field twice, another between',
    headers: withFields(['x-a', '1'], ['x-b', '2'], ['x-a', '3']),
    line: GET,
    fields: { 'x-a': ['1', '3'] },
  },
  'forwarded-claimed': {
    rfc: 'none (de facto)',
    sent: 'X-Forwarded-For: 192.0.2.1, -Host: evil, -Proto: https',
    headers: withFields(
      ['x-forwarded-for', '192.0.2.1'],
      ['x-forwarded-host', 'evil'],
      ['x-forwarded-proto', 'https'],
    ),
    line: GET,
    fields: { ...FORWARDED, 'x-forwarded-for': '192.0.2.1, 127.0.0.1' },
  },
  'value-8bit': {
    rfc: '9110 §5.5',
    sent: 'a byte above ASCII in a value',
    headers: withFields(['x-a', 'a\xffb']),
    line: GET,
    fields: { 'x-a': 'a\xffb' },
  },
  'body-length': {
    rfc: '9113 §8.1.1',
    sent: 'POST with Content-Length',
    headers: (path) => [...post(path), ['content-length', '3']],
    body: 'abc',
    line: 'POST PATH HTTP/1.1',
    fields: { 'content-length': '3', 'transfer-encoding': undefined },
  },
  'body-unknown': {
    rfc: '9113 §8.1',
    sent: 'POST without Content-Length',
    headers: post,
    body: 'abc',
    line: 'POST PATH HTTP/1.1',
    fields: { 'content-length': undefined, 'transfer-encoding': 'chunked' },
  },
  'body-none': {
    rfc: '9110 §8.6',
    sent: 'POST without content',
    headers: post,
    line: 'POST PATH HTTP/1.1',
    fields: { 'content-length': '0' },
  },
  'body-get': {
    rfc: '9110 §9.3.1',
    sent: 'GET with content',
    headers: plain,
    body: 'abc',
    line: GET,
  },
  'body-smuggled': {
    rfc: '9113 §10.3',
    sent: 'content that looks like the end of a chunked body and another request',
    headers: post,
    body: '0\r\n\r\nGET /evil HTTP/1.1\r\nhost: a\r\n\r\n',
    line: 'POST PATH HTTP/1.1',
  },
  'request-trailers': {
    rfc: '9110 §6.5.1',
    sent: 'a request with trailers, announced',
    headers: (path) => [...post(path), ['trailer', 'x-t']],
    body: 'abc',
    trailers: [['x-t', '1']],
    line: 'POST PATH HTTP/1.1',
    fields: { trailer: undefined, 'x-t': undefined },
  },
};

/** RFC 9113 §8.2.1 calls the request malformed; the HTTP/2 library leaves the field out and says nothing of it. */
const DROPPED: readonly [id: string, sent: string, field: HeaderPair][] = [
  ['name-space', 'a space in a name', ['x y', '1']],
  ['name-colon', 'a colon in a name', ['x:y', '1']],
  ['name-empty', 'an empty name', ['', '1']],
  ['name-crlf', 'a line end in a name', ['x: 1\r\nevil', '1']],
  ['value-crlf', 'a line end and a field in a value', ['x-a', '1\r\nevil: 1']],
  [
    'value-request',
    'a whole HTTP/1.1 request in a value',
    ['x-a', '1\r\n\r\nGET /evil HTTP/1.1\r\nhost: a\r\n\r\n'],
  ],
  ['value-lf', 'LF in a value', ['x-a', '1\nevil: 1']],
  ['value-cr', 'CR in a value', ['x-a', '1\revil: 1']],
  ['value-nul', 'NUL in a value', ['x-a', 'a\0b']],
  ['value-control', 'a control character in a value', ['x-a', 'a\x01b']],
  ['value-del', 'DEL in a value', ['x-a', 'a\x7fb']],
  ['value-space', 'space before a value', ['x-a', ' 1']],
  ['value-tab', 'tab behind a value', ['x-a', '1\t']],
];

function dropped(): Record<string, Passed> {
  const rows = DROPPED.map(([id, sent, field]): [string, Passed] => [
    id,
    {
      rfc: '9113 §8.2.1',
      sent,
      headers: withFields(field),
      line: GET,
      fields: { 'x-a': undefined, evil: undefined },
    },
  ]);
  return Object.fromEntries(rows);
}

function backendSees({ line, fields = {}, body, content }: Passed): string {
  const seen = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${[value].flat().join(' and ')}`);
  const absent = Object.entries(fields)
    .filter(([, value]) => value === undefined)
    .map(([name]) => name);
  const text = content ?? body;
  return [
    line,
    ...seen,
    ...(absent.length > 0 ? [`no ${absent.join(', ')}`] : []),
    ...(text === undefined ? [] : [`content ${JSON.stringify(text)}`]),
  ].join('; ');
}

function valuesIn(request: RecordedRequest, name: string): string[] {
  return request.fields
    .filter((field) => field.toLowerCase().startsWith(`${name}: `))
    .map((field) => field.slice(name.length + 2));
}

function toCase([id, passed]: [string, Passed]): Http2Case {
  const { rfc, sent, headers, body, trailers, line, fields = {}, content } = passed;
  return {
    id,
    rfc,
    sent,
    client: '200, the connection goes on',
    backend: backendSees(passed),
    run: async (lab) => {
      const peer = await lab.connect();
      const path = pathOf(id);
      peer.request(1, headers(path), { end: body === undefined });
      if (body !== undefined) peer.data(1, body, { end: trailers === undefined });
      if (trailers !== undefined) peer.request(1, trailers);
      assert.equal(statusOf(await finished(peer, 1)), '200');
      const request = await lab.arrived(path);
      assert.equal(request.line, line.replace('PATH', path));
      for (const [name, value] of Object.entries(fields)) {
        assert.deepEqual(valuesIn(request, name), value === undefined ? [] : [value].flat(), name);
      }
      assert.equal(request.body, content ?? body ?? '');
      await assertServes(peer, 3);
      lab.assertNothingArrived('/evil');
    },
  };
}

export const PASSED_CASES: readonly Http2Case[] = Object.entries({ ...PASSED, ...dropped() }).map(
  toCase,
);
