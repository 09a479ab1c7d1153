// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { holds } from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { get, request, startHttp1Lab } from './http1-lab.js';

/** The same bytes in every run: a failure can be repeated. */
const FUZZ = { seed: 20_26, numRuns: 400, endOnFailure: true };
const CHUNKED = 'transfer-encoding: chunked';

const SEEDS: readonly string[] = [
  get('/fuzz'),
  get('/fuzz?a=b', ['connection: keep-alive, x-a', 'x-a: 1']),
  get('http://b.test:81/fuzz'),
  request('POST', '/fuzz', ['content-length: 5'], 'hello'),
  request('POST', '/fuzz', [CHUNKED], '5;x=y\r\nhello\r\n0\r\nx-t: 1\r\n\r\n'),
  request('PUT', '/fuzz', ['expect: 100-continue', 'content-length: 2'], 'ab'),
  get('/fuzz', ['connection: upgrade', 'upgrade: websocket']),
  get('/fuzz', ['connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMA']),
];
/** What recipients disagree on. */
const SPLINTERS: readonly string[] = [
  ...[
    '\n',
    '\r',
    '\r\n',
    '\r\n\r\n',
    '\0',
    ' ',
    '\t',
    ':',
    ',',
    ';',
    '\x7f',
    '\xff',
    '0',
    '-1',
    '+',
  ],
  ...[
    '\r\ncontent-length: 3',
    '\r\ncontent-length: 0',
    `\r\n${CHUNKED}`,
    '\r\ntransfer-encoding: x',
  ],
  ...['\r\nhost: b', '\r\n folded', '0\r\n\r\n', 'f'.repeat(17), '#', '*', 'HTTP/1.0', 'HTTP/9.9'],
];

interface Mutation {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

function mutate(text: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((before, { at, remove, insert }) => {
    const from = Math.floor(at * before.length);
    return before.slice(0, from) + insert + before.slice(from + remove);
  }, text);
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(3),
  insert: fc.oneof(
    fc.constantFrom(...SPLINTERS),
    fc.string({ unit: 'binary-ascii', maxLength: 3 }),
  ),
});

interface Noise {
  readonly texts: readonly string[];
  readonly mutations: readonly Mutation[];
  /** Bytes of the first write; the rest follows. */
  readonly firstWrite: number;
  readonly ending: 'fin' | 'reset' | 'wait';
}

const noise: fc.Arbitrary<Noise> = fc.record({
  texts: fc.array(fc.constantFrom(...SEEDS), { minLength: 1, maxLength: 3 }),
  mutations: fc.array(mutation, { maxLength: 6 }),
  firstWrite: fc.nat(400),
  ending: fc.constantFrom('fin' as const, 'reset' as const, 'wait' as const),
});

test('no bytes end the worker, disturb a neighbour, leave a connection, or come out malformed', async (t) => {
  const lab = await startHttp1Lab(t, {
    limits: { http1HeadMs: 300, http1BodyMs: 300, http1LingerMs: 100 },
  });
  const healthy = await lab.connectWarm();
  let asked = 0;
  let wellFormed = 0;
  const once = async ({ texts, mutations, firstWrite, ending }: Noise): Promise<void> => {
    const bytes = Buffer.from(mutate(texts.join(''), mutations), 'latin1');
    const client = await lab.connect();
    client.socket.write(bytes.subarray(0, firstWrite));
    await new Promise(setImmediate);
    if (ending === 'reset') client.socket.resetAndDestroy();
    else if (ending === 'fin') client.socket.end(bytes.subarray(firstWrite));
    else client.socket.write(bytes.subarray(firstWrite));
    asked += 1;
    healthy.socket.write(get(`/healthy-${asked}`));
    await holds(() => healthy.received().split('\r\n\r\nok').length === asked + 2);
    if (client.received().startsWith('HTTP/1.1 200')) wellFormed += 1;
    client.socket.destroy();
    assert.deepEqual(lab.backend.faults, []);
  };
  await fc.assert(fc.asyncProperty(noise, once), FUZZ);
  // What came through whole went through this parser's own grammar; there must have been enough of it, and of the other.
  assert.ok(wellFormed > FUZZ.numRuns / 20 && wellFormed < FUZZ.numRuns, `${wellFormed}`);
  healthy.socket.destroy();
  await eventually(() => assert.equal(lab.engine.summary().open, 0));
  await eventually(async () => {
    const { connections } = await lab.engine.query({ afterId: 0, limit: 1000, side: 'upstream' });
    assert.deepEqual(
      connections.filter(({ state }) => state !== 'idle'),
      [],
    );
  });
});
