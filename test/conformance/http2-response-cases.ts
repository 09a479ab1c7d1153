// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { HeaderPair } from '../support/hpack.js';
import { requestOf, type StreamView } from '../support/http2-peer.js';
import type { RecorderAnswer } from '../support/recorder-backend.js';
import { type Http2Case, pathOf } from './http2-case.js';
import { assertServes, finished } from './http2-lab.js';

interface Answered {
  readonly rfc: string;
  readonly sent: string;
  readonly method?: string;
  readonly answer: RecorderAnswer;
  /** Status of each head in order. */
  readonly statuses: readonly string[];
  /** Fields of the final head that the client must see exactly so; undefined: none of that name. */
  readonly fields?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: string;
  readonly trailers?: readonly HeaderPair[];
  /** RST_STREAM with that code instead of an end. */
  readonly reset?: string;
}

const head = (line: string, ...fields: readonly string[]): string =>
  `HTTP/1.1 ${line}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
const ok = (fields: readonly string[], body: string): RecorderAnswer => ({
  bytes: [head('200 OK', ...fields), body],
});
const OK = ['200'];

const ANSWERED: Readonly<Record<string, Answered>> = {
  'response-length': {
    rfc: '9113 §8.1',
    sent: '200 with Content-Length',
    answer: ok(['Content-Length: 3'], 'abc'),
    statuses: OK,
    fields: { 'content-length': '3' },
    body: 'abc',
  },
  'response-chunked': {
    rfc: '9113 §8.2.2',
    sent: '200 in chunks',
    answer: ok(['Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'),
    statuses: OK,
    fields: { 'transfer-encoding': undefined },
    body: 'abc',
  },
  'response-to-close': {
    rfc: '9112 §6.3',
    sent: '200 that ends with the connection',
    answer: { ...ok([], 'abc'), after: 'end' },
    statuses: OK,
    body: 'abc',
  },
  'response-head': {
    rfc: '9110 §9.3.2',
    sent: 'HEAD answered with Content-Length: 3',
    method: 'HEAD',
    answer: { bytes: [head('200 OK', 'Content-Length: 3')] },
    statuses: OK,
    fields: { 'content-length': '3' },
    body: '',
  },
  'response-204': {
    rfc: '9110 §15.3.5',
    sent: '204',
    answer: { bytes: [head('204 No Content')] },
    statuses: ['204'],
    body: '',
  },
  'response-304': {
    rfc: '9110 §15.4.5',
    sent: '304 with Content-Length: 3',
    answer: { bytes: [head('304 Not Modified', 'ETag: "a"', 'Content-Length: 3')] },
    statuses: ['304'],
    fields: { etag: '"a"' },
    body: '',
  },
  'response-103': {
    rfc: '8297 §2',
    sent: '103, then 200',
    answer: {
      bytes: [head('103 Early Hints', 'Link: </a>'), head('200 OK', 'Content-Length: 1'), 'x'],
    },
    statuses: ['103', '200'],
    body: 'x',
  },
  'response-names': {
    rfc: '9113 §8.2',
    sent: 'names in mixed case',
    answer: ok(['X-MiXed: A', 'Content-Length: 1'], 'x'),
    statuses: OK,
    fields: { 'x-mixed': 'A' },
    body: 'x',
  },
  'response-hop-by-hop': {
    rfc: '9113 §8.2.2',
    sent: 'fields of one connection, one named by Connection',
    answer: ok(
      [
        'Connection: keep-alive, x-hop',
        'Keep-Alive: timeout=5',
        'X-Hop: 1',
        'Proxy-Connection: x',
        'Upgrade: h2c',
        'Content-Length: 1',
      ],
      'x',
    ),
    statuses: OK,
    fields: {
      connection: undefined,
      'keep-alive': undefined,
      'x-hop': undefined,
      'proxy-connection': undefined,
      upgrade: undefined,
    },
    body: 'x',
  },
  'response-cookies': {
    rfc: '6265 §3',
    sent: 'Set-Cookie twice',
    answer: ok(['Set-Cookie: a=1', 'Set-Cookie: b=2', 'Content-Length: 1'], 'x'),
    statuses: OK,
    fields: { 'set-cookie': ['a=1', 'b=2'] },
    body: 'x',
  },
  'response-single': {
    rfc: '9110 §5.3',
    sent: 'ETag twice: the first is passed on',
    answer: ok(['ETag: "a"', 'ETag: "b"', 'Content-Length: 1'], 'x'),
    statuses: OK,
    fields: { etag: '"a"' },
    body: 'x',
  },
  'response-trailers': {
    rfc: '9113 §8.1',
    sent: 'trailers, announced',
    answer: ok(
      ['Trailer: X-Sum', 'Transfer-Encoding: chunked'],
      '1\r\nx\r\n0\r\nX-Sum: 42\r\n\r\n',
    ),
    statuses: ['200'],
    body: 'x',
    trailers: [['x-sum', '42']],
  },
  'response-trailers-missing': {
    rfc: '9113 §8.1',
    sent: 'trailers that are announced and do not come',
    answer: ok(['Trailer: X-Sum', 'Transfer-Encoding: chunked'], '1\r\nx\r\n0\r\n\r\n'),
    statuses: OK,
    body: 'x',
  },
  'response-trailers-unannounced': {
    rfc: '9110 §6.5.1',
    sent: 'trailers that were not announced: they are dropped',
    answer: ok(['Transfer-Encoding: chunked'], '1\r\nx\r\n0\r\nX-Sum: 42\r\n\r\n'),
    statuses: OK,
    body: 'x',
  },
  'response-broken': {
    rfc: '9113 §8.1',
    sent: 'half of the content, then the end of the connection',
    answer: { ...ok(['Content-Length: 10'], 'half'), after: 'end' },
    statuses: OK,
    reset: 'INTERNAL_ERROR',
  },
  'response-chunk-broken': {
    rfc: '9112 §8',
    sent: 'a chunked body without its last chunk',
    answer: { ...ok(['Transfer-Encoding: chunked'], '3\r\nabc\r\n'), after: 'end' },
    statuses: OK,
    reset: 'INTERNAL_ERROR',
  },
  'response-none': {
    rfc: '9110 §15.6.3',
    sent: 'nothing, then RST',
    answer: { bytes: [], after: 'reset' },
    method: 'POST',
    statuses: ['502'],
  },
  'response-garbage': {
    rfc: '9110 §15.6.3',
    sent: 'bytes that are no HTTP',
    answer: { bytes: ['hello world\r\n\r\n'], after: 'end' },
    method: 'POST',
    statuses: ['502'],
  },
};

function clientSees({ statuses, fields = {}, body, trailers, reset }: Answered): string {
  const named = Object.entries(fields).map(([name, value]) =>
    value === undefined ? `no ${name}` : `${name}: ${[value].flat().join(' and ')}`,
  );
  return [
    statuses.join(', then '),
    ...named,
    ...(body === undefined || body === '' ? [] : [`content ${JSON.stringify(body)}`]),
    ...(trailers ?? []).map(([name, value]) => `trailer ${name}: ${value}`),
    ...(reset === undefined ? [] : [`RST_STREAM ${reset}`]),
  ].join('; ');
}

function valuesIn(fields: readonly HeaderPair[], name: string): string[] {
  return fields.filter(([each]) => each === name).map(([, value]) => value);
}

function assertAnswer(stream: StreamView, wanted: Answered): void {
  const { statuses, fields = {}, body, trailers, reset } = wanted;
  const heads = stream.heads.filter((pairs) => pairs.some(([name]) => name === ':status'));
  const seen = heads.map((pairs) => valuesIn(pairs, ':status')[0]);
  assert.deepEqual(seen, statuses);
  for (const [name, value] of Object.entries(fields)) {
    const values = valuesIn(heads.at(-1) ?? [], name);
    assert.deepEqual(values, value === undefined ? [] : [value].flat(), name);
  }
  assert.equal(stream.reset, reset);
  assert.equal(stream.ended, reset === undefined);
  if (body !== undefined) assert.equal(stream.body.toString(), body);
  assert.deepEqual(stream.heads.slice(heads.length), trailers === undefined ? [] : [trailers]);
}

function toCase([id, answered]: [string, Answered]): Http2Case {
  const { rfc, sent, method = 'GET', answer } = answered;
  return {
    id,
    rfc,
    sent: `${sent} (by the backend)`,
    client: clientSees(answered),
    backend: 'the request',
    run: async (lab) => {
      const path = pathOf(id);
      lab.backend.answers.set(path, answer);
      const peer = await lab.connect();
      peer.request(1, requestOf(method, path));
      assertAnswer(await finished(peer, 1), answered);
      await assertServes(peer, 3);
    },
  };
}

export const RESPONSE_CASES: readonly Http2Case[] = Object.entries(ANSWERED).map(toCase);
