// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { holds, portOf } from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { encodeHeaders, type HeaderPair } from '../support/hpack.js';
import {
  FLAG,
  frame,
  PREFACE,
  ping,
  rstStream,
  SETTING,
  SETTINGS_ACK,
  settings,
  TYPE,
  windowUpdate,
} from '../support/http2-frames.js';
import { get, requestOf } from '../support/http2-peer.js';
import { assertServes, startHttp2Lab } from './http2-lab.js';

/** The same bytes in every run: a failure can be repeated. */
const FUZZ = { seed: 9113, numRuns: 300, endOnFailure: true };
const END = FLAG.endHeaders | FLAG.endStream;

/** What a recipient of HTTP/1.1 could take for something else. */
const odd = fc.constantFrom(
  '\r\n',
  '\r\nx: 1',
  '\0',
  '\n',
  ' ',
  ':',
  '#',
  '*',
  '\xff',
  '\x7f',
  '',
  '0',
  'chunked',
  '+1',
);
const text = fc.oneof(odd, fc.string({ unit: 'binary-ascii', maxLength: 8 }));
const name = fc.oneof(
  fc.constantFrom(
    ':method',
    ':path',
    ':scheme',
    ':authority',
    ':status',
    ':protocol',
    'host',
    'te',
  ),
  fc.constantFrom('content-length', 'transfer-encoding', 'connection', 'expect', 'cookie', 'X-A'),
  text,
);
const field = fc.tuple(name, text);
const streamId = fc.oneof(fc.constantFrom(0, 1, 2, 3, 5), fc.nat(2 ** 31));

/** Heads of requests, some of them whole, with fields that are not. */
const head = fc
  .tuple(fc.constantFrom('GET', 'POST', 'HEAD', 'CONNECT'), fc.array(field, { maxLength: 3 }))
  .map(([method, fields]): HeaderPair[] => [...requestOf(method, '/fuzz'), ...fields]);

/** Frames that make sense each for itself. */
const valid = fc.oneof(
  head.map((headers) => frame(TYPE.headers, END, 1, encodeHeaders(headers))),
  fc
    .tuple(streamId, head, fc.nat(63))
    .map(([id, headers, flags]) => frame(TYPE.headers, flags, id, encodeHeaders(headers))),
  fc
    .tuple(streamId, fc.uint8Array({ maxLength: 30 }), fc.nat(15))
    .map(([id, data, flags]) => frame(TYPE.data, flags, id, Buffer.from(data))),
  fc.tuple(streamId, fc.nat(2 ** 31)).map(([id, increment]) => windowUpdate(id, increment)),
  fc.tuple(streamId, fc.nat(20)).map(([id, code]) => rstStream(id, code)),
  fc.tuple(fc.nat(8), fc.nat(2 ** 31)).map(([id, value]) => settings([id, value])),
  fc.constantFrom(ping(), SETTINGS_ACK, settings([SETTING.initialWindowSize, 0])),
);
/** Frames that need not. */
const wild = fc
  .tuple(fc.nat(255), fc.nat(255), streamId, fc.uint8Array({ maxLength: 40 }))
  .map(([type, flags, id, payload]) => frame(type, flags, id, Buffer.from(payload)));

interface Damage {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(4),
  insert: fc.uint8Array({ maxLength: 4 }),
});

function damaged(bytes: Buffer, damages: readonly Damage[]): Buffer {
  return damages.reduce((before, { at, remove, insert }) => {
    const from = Math.floor(at * before.length);
    return Buffer.concat([before.subarray(0, from), insert, before.subarray(from + remove)]);
  }, bytes);
}

const frames = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: valid }, { weight: 1, arbitrary: wild }), {
      minLength: 1,
      maxLength: 12,
    }),
    fc.array(damage, { maxLength: 2 }),
  )
  .map(([parts, damages]) => damaged(Buffer.concat(parts), damages));

/** Begins with a request that is whole, but for at most one field, with or without content to come. */
const conversation = fc.tuple(fc.option(field), fc.boolean(), frames).map(([extra, ends, rest]) => {
  const headers = [...requestOf('POST', '/fuzz'), ...(extra === null ? [] : [extra])];
  const flags = ends ? END : FLAG.endHeaders;
  const content = frame(TYPE.data, FLAG.endStream, 1, Buffer.from('content'));
  const first = frame(TYPE.headers, flags, 1, encodeHeaders(headers));
  return Buffer.concat(ends ? [first, rest] : [first, rest, content]);
});

test('mutated HTTP/2: the worker goes on, and nothing malformed comes out behind it', async (t) => {
  const lab = await startHttp2Lab(t);
  const control = await lab.connect();
  let controls = 0;
  const answered = async (): Promise<void> => {
    controls += 1;
    await assertServes(control, 2 * controls - 1);
  };
  const port = portOf(lab.engine);
  await fc.assert(
    fc.asyncProperty(conversation, fc.boolean(), async (bytes, resets) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.on('error', () => undefined);
      socket.resume();
      await once(socket, 'connect');
      socket.write(Buffer.concat([PREFACE, settings(), bytes]));
      await answered();
      if (resets) socket.resetAndDestroy();
      else socket.destroy();
      // Everything that came through is a request that RFC 9112 knows, and none of them was made up by a field.
      assert.deepEqual(lab.backend.faults, []);
      for (const { path, fields } of lab.backend.requests) {
        assert.match(path, /^\/[!-~]*$/);
        assert.equal(fields.filter((each) => /^host:/i.test(each)).length, 1, fields.join());
        assert.equal(
          fields.some((each) => /^(?:te|connection: (?!keep-alive)|upgrade):/i.test(each)),
          false,
        );
      }
    }),
    FUZZ,
  );
  const through = lab.backend.requests.filter(({ path }) => path === '/fuzz').length;
  assert.ok(through >= 30, `only ${through} requests came through`);
  // Nothing is left of all these: no connection, no request, in either direction.
  await holds(() => lab.engine.summary().open === 1);
  await eventually(async () => {
    const { connections } = await lab.engine.query({ afterId: 0, limit: 1000, side: 'upstream' });
    assert.deepEqual(
      connections.filter(({ state }) => state === 'busy'),
      [],
    );
  });
  control.request(2 * controls + 1, get('/alive'));
  await holds(() => control.stream(2 * controls + 1).ended);
});
