// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { holds } from '../support/engine-lab.js';
import { encodeHeaders } from '../support/hpack.js';
import {
  errorNameOf,
  FLAG,
  frame,
  rstStream,
  TYPE,
  uint32,
  windowUpdate,
} from '../support/http2-frames.js';
import { get, requestOf, statusOf } from '../support/http2-peer.js';
import { type Http2Case, pathOf } from './http2-case.js';
import { assertServes, finished, type Http2Lab } from './http2-lab.js';

const CANCEL = 8;
const STREAMS = 100;
const END = FLAG.endStream | FLAG.endHeaders;

/** Requests with that in their path get only a head, and wait. */
function holdBack(lab: Http2Lab, path: string, text = ''): void {
  lab.backend.answers.set(path, { bytes: text === '' ? [] : [text] });
}

/** The backend has seen the head of that request; its number of the connection. */
async function reached(lab: Http2Lab, path: string): Promise<number> {
  const at = (): number => lab.backend.raw.findIndex((text) => text.includes(` ${path} HTTP/1.1`));
  await holds(() => at() >= 0);
  return at() + 1;
}

async function upstreamBusy({ engine }: Http2Lab): Promise<number> {
  const page = await engine.query({ afterId: 0, limit: 1000, side: 'upstream' });
  return page.connections.filter(({ state }) => state === 'busy').length;
}

/** No request runs any more behind the proxy: nothing leaked. */
async function assertIdle(lab: Http2Lab): Promise<void> {
  let busy = -1;
  await holds(() => {
    void upstreamBusy(lab).then((count) => {
      busy = count;
    });
    return busy === 0;
  });
}

const expectContinue: Http2Case = {
  id: 'expect-continue',
  rfc: '9110 §10.1.1',
  sent: 'Expect: 100-continue, the content after the 100',
  client: '100, then 200',
  backend: 'POST PATH HTTP/1.1; no expect; content "abc"',
  run: async (lab) => {
    const peer = await lab.connect();
    peer.request(1, requestOf('POST', pathOf('expect-continue'), ['expect', '100-continue']), {
      end: false,
    });
    await holds(() => peer.stream(1).heads.length === 1);
    assert.equal(statusOf(peer.stream(1)), '100');
    peer.data(1, 'abc', { end: true });
    const { heads } = await finished(peer, 1);
    assert.deepEqual(
      heads.map((pairs) => pairs[0]?.[1]),
      ['100', '200'],
    );
    const request = await lab.arrived(pathOf('expect-continue'));
    assert.equal(request.body, 'abc');
    assert.equal(
      request.fields.some((field) => /^expect/i.test(field)),
      false,
    );
  },
};

const earlyResponse: Http2Case = {
  id: 'early-response',
  rfc: '9113 §8.1',
  sent: 'content that goes on after the whole answer came',
  client: '413, END_STREAM, RST_STREAM NO_ERROR; the connection goes on',
  backend: 'the head; its connection is closed',
  run: async (lab) => {
    const path = pathOf('early-response');
    holdBack(lab, path);
    lab.backend.onHead = (head, socket) => {
      if (head.path !== path) return false;
      socket.write('HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n');
      return true;
    };
    const peer = await lab.connect();
    peer.request(1, requestOf('POST', path), { end: false });
    peer.data(1, 'a'.repeat(1000));
    await holds(() => peer.stream(1).reset !== undefined);
    lab.backend.onHead = undefined;
    const stream = peer.stream(1);
    assert.equal(statusOf(stream), '413');
    assert.equal(stream.ended, true);
    assert.equal(stream.reset, 'NO_ERROR');
    // On its way while the answer came.
    peer.data(1, 'a'.repeat(1000));
    await assertServes(peer, 3);
    const connection = await reached(lab, path);
    await holds(() => lab.backend.ended.has(connection));
    await assertIdle(lab);
  },
};

const bothWays: Http2Case = {
  id: 'both-ways',
  rfc: '9113 §8.1',
  sent: 'content that goes on while the answer streams',
  client: '200; content "a" before the request ends, then "b"',
  backend: 'POST PATH HTTP/1.1; content in two parts',
  run: async (lab) => {
    const path = pathOf('both-ways');
    holdBack(lab, path);
    let socket: { write(text: string): unknown } | undefined;
    lab.backend.onHead = (head, own) => {
      if (head.path !== path) return false;
      socket = own;
      own.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n');
      return true;
    };
    const peer = await lab.connect();
    peer.request(1, requestOf('POST', path), { end: false });
    peer.data(1, 'first');
    await holds(() => peer.stream(1).body.toString() === 'a');
    peer.data(1, 'second', { end: true });
    assert.equal((await lab.arrived(path)).body, 'firstsecond');
    lab.backend.onHead = undefined;
    socket?.write('1\r\nb\r\n0\r\n\r\n');
    assert.equal((await finished(peer, 1)).body.toString(), 'ab');
    await assertIdle(lab);
  },
};

const cancelUpload: Http2Case = {
  id: 'cancel-upload',
  rfc: '9113 §5.4.2',
  sent: 'RST_STREAM CANCEL in the middle of the content',
  client: 'the connection goes on',
  backend: 'no end of a request; its connection is closed',
  run: async (lab) => {
    const peer = await lab.connect();
    peer.request(1, requestOf('POST', pathOf('cancel-upload')), { end: false });
    peer.data(1, 'half');
    const connection = await reached(lab, pathOf('cancel-upload'));
    peer.send(rstStream(1, CANCEL));
    await holds(() => lab.backend.ended.has(connection));
    await assertServes(peer, 3);
    lab.assertNothingArrived(pathOf('cancel-upload'));
    await assertIdle(lab);
  },
};

const cancelDownload: Http2Case = {
  id: 'cancel-download',
  rfc: '9113 §5.4.2',
  sent: 'RST_STREAM CANCEL in the middle of the answer',
  client: 'the connection goes on',
  backend: 'the request; its connection is closed',
  run: async (lab) => {
    const path = pathOf('cancel-download');
    holdBack(lab, path, 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    const peer = await lab.connect();
    peer.request(1, get(path));
    await holds(() => peer.stream(1).body.length > 0);
    const connection = await reached(lab, path);
    peer.send(rstStream(1, CANCEL));
    await holds(() => lab.backend.ended.has(connection));
    await assertServes(peer, 3);
    await assertIdle(lab);
  },
};

const clientGone: Http2Case = {
  id: 'client-gone',
  rfc: '9113 §5.4.1',
  sent: 'ten requests, then the end of the connection',
  client: 'nothing',
  backend: 'ten requests; their connections are closed',
  run: async (lab) => {
    const path = pathOf('client-gone');
    holdBack(lab, path);
    const peer = await lab.connect();
    for (let i = 0; i < 10; i += 1) peer.request(2 * i + 1, get(path));
    await holds(() => lab.backend.requests.filter((each) => each.path === path).length === 10);
    peer.socket.resetAndDestroy();
    await assertIdle(lab);
  },
};

const goawayOfClient: Http2Case = {
  id: 'goaway-client',
  rfc: '9113 §6.8',
  sent: 'GOAWAY NO_ERROR while a request runs',
  client: '200, GOAWAY NO_ERROR, end of the connection',
  backend: 'the request',
  run: async (lab) => {
    const path = pathOf('goaway-client');
    holdBack(lab, path);
    const peer = await lab.connect();
    peer.request(1, get(path));
    const { connection } = await lab.arrived(path);
    peer.send(frame(TYPE.goaway, 0, 0, Buffer.concat([uint32(0), uint32(0)])));
    await peer.roundTrip();
    lab.backend.sockets[connection - 1]?.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    assert.equal(statusOf(await finished(peer, 1)), '200');
    await holds(() => peer.closed());
    assert.equal(peer.goaway(), 'NO_ERROR');
  },
};

const dataAfterEnd: Http2Case = {
  id: 'data-after-end',
  rfc: '9113 §5.1',
  sent: 'DATA on a stream that the client has ended',
  client: 'GOAWAY STREAM_CLOSED, nothing more is served',
  backend: 'the request, without that content',
  run: async (lab) => {
    holdBack(lab, pathOf('data-after-end'));
    const peer = await lab.connect();
    peer.request(1, get(pathOf('data-after-end')));
    const request = await lab.arrived(pathOf('data-after-end'));
    peer.data(1, 'x');
    await holds(() => peer.goaway() !== undefined);
    assert.equal(peer.goaway(), 'STREAM_CLOSED');
    assert.equal(request.body, '');
    peer.socket.resetAndDestroy();
    await assertIdle(lab);
  },
};

const halfClose: Http2Case = {
  id: 'half-close',
  rfc: '9293 §3.6',
  sent: 'FIN while a request runs',
  client: '200',
  backend: 'the request',
  run: async (lab) => {
    const path = pathOf('half-close');
    holdBack(lab, path);
    const peer = await lab.connect();
    peer.request(1, get(path));
    const { connection } = await lab.arrived(path);
    peer.socket.end();
    await assertServes(await lab.connect(), 1);
    lab.backend.sockets[connection - 1]?.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    assert.equal(statusOf(await finished(peer, 1)), '200');
  },
};

const closedStreams: Http2Case = {
  id: 'closed-stream',
  rfc: '9113 §5.1',
  sent: 'WINDOW_UPDATE, RST_STREAM, DATA and HEADERS on a stream that is closed; HEADERS on a lower one',
  client: 'the connection goes on',
  backend: 'nothing',
  run: async (lab) => {
    const peer = await lab.connect();
    await assertServes(peer, 5);
    peer.send(windowUpdate(5, 1), rstStream(5, CANCEL));
    peer.data(5, 'x');
    peer.request(5, get(pathOf('closed-stream')));
    peer.request(3, get(pathOf('closed-stream')));
    await assertServes(peer, 7);
    lab.assertNothingArrived(pathOf('closed-stream'));
  },
};

const overLimitUnknown: Http2Case = {
  id: 'streams-many',
  rfc: '9113 §5.1.2',
  sent: '101 requests at once before the client could know that 100 are allowed',
  client: '100 answers, RST_STREAM REFUSED_STREAM for one; the connection goes on',
  backend: '100 requests',
  run: async (lab) => {
    const path = pathOf('streams-many');
    const peer = await lab.connect({ ackSettings: false });
    const block = encodeHeaders(get(path));
    const all = Array.from({ length: STREAMS + 1 }, (_, i) =>
      frame(TYPE.headers, END, 2 * i + 1, block),
    );
    peer.send(...all);
    await holds(() => peer.endedStreams() === STREAMS);
    assert.equal(peer.stream(2 * STREAMS + 1).reset, 'REFUSED_STREAM');
    await assertServes(peer, 2 * STREAMS + 3);
    assert.equal(lab.backend.requests.filter((each) => each.path === path).length, STREAMS);
  },
};

const overLimitKnown: Http2Case = {
  id: 'streams-too-many',
  rfc: '9113 §5.1.2',
  sent: '101 requests at once by a client that has acknowledged 100',
  client: 'GOAWAY PROTOCOL_ERROR, end of the connection',
  backend: '100 requests; their connections are closed',
  run: async (lab) => {
    const path = pathOf('streams-too-many');
    holdBack(lab, path);
    const peer = await lab.connect();
    await peer.roundTrip();
    const block = encodeHeaders(get(path));
    const all = Array.from({ length: STREAMS + 1 }, (_, i) =>
      frame(TYPE.headers, END, 2 * i + 1, block),
    );
    peer.send(...all);
    await holds(() => peer.closed());
    const goaways = peer.frames.filter(({ type }) => type === TYPE.goaway);
    assert.deepEqual([...new Set(goaways.map(errorNameOf))], ['PROTOCOL_ERROR']);
    await assertIdle(lab);
  },
};

export const STREAM_CASES: readonly Http2Case[] = [
  expectContinue,
  earlyResponse,
  bothWays,
  cancelUpload,
  cancelDownload,
  clientGone,
  goawayOfClient,
  dataAfterEnd,
  halfClose,
  closedStreams,
  overLimitUnknown,
  overLimitKnown,
];
