// SPDX-License-Identifier: Apache-2.0
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../../shared/names/type-urls.js';
import { loadWire } from '../../../shared/proto/wire.js';

/**
 * COUNT workers at 127.0.0.1:PORT, one HTTP/2 connection and one delta stream each, which acknowledge what
 * they get. They read no more than type and nonce, so that the server is measured and not they. Prints
 * `connected` once each has had both first answers; ends with its input.
 */
const wire = loadWire();
const HEADERS = {
  ':method': 'POST',
  ':path': '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
  'content-type': 'application/grpc',
  te: 'trailers',
  authorization: 'Bearer bench',
};
const WINDOW_BYTES = 16 * 1024 * 1024;
/** Workers that connect at a time: a first answer may be of some megabytes. */
const WAVE = 20;

function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function firstRequest(typeUrl: string, at: number): Buffer {
  const fields = { role: { stringValue: 'bench~fleet' } };
  const id = `agentgateway~10.0.0.1~worker-${at}.bench~bench.svc.cluster.local`;
  return frame(wire.deltaRequest.encode({ typeUrl, node: { id, metadata: { fields } } }));
}

/** Type (field 4) and nonce (field 5) of a DeltaDiscoveryResponse; everything else is stepped over. */
function readHead(message: Buffer): { typeUrl: string; responseNonce: string } {
  let at = 0;
  const found: Record<number, string> = {};
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const field = varint() >> 3;
    const length = varint();
    if (field === 4 || field === 5) found[field] = message.toString('latin1', at, at + length);
    at += length;
  }
  return { typeUrl: found[4] ?? '', responseNonce: found[5] ?? '' };
}

/** Cuts a stream of bytes into gRPC messages. */
function messages(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer[] = [];
  let have = 0;
  let want = 5;
  return (chunk) => {
    rest.push(chunk);
    have += chunk.length;
    while (have >= want) {
      const bytes = rest.length === 1 ? (rest[0] as Buffer) : Buffer.concat(rest, have);
      const size = 5 + bytes.readUInt32BE(1);
      rest = [bytes];
      want = size;
      if (have < size) return;
      onMessage(bytes.subarray(5, size));
      rest = have > size ? [bytes.subarray(size)] : [];
      have -= size;
      want = 5;
    }
  };
}

function startWorker(port: number, at: number): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`, {
      settings: { initialWindowSize: WINDOW_BYTES },
    });
    session.once('error', reject);
    session.once('connect', () => session.setLocalWindowSize(WINDOW_BYTES));
    const stream: ClientHttp2Stream = session.request(HEADERS, { endStream: false });
    stream.once('error', reject);
    stream.once('end', () => reject(new Error(`the stream of worker ${at} ended`)));
    let answers = 0;
    stream.on(
      'data',
      messages((message) => {
        stream.write(frame(wire.deltaRequest.encode(readHead(message))));
        answers += 1;
        if (answers === 2) resolve(session);
      }),
    );
    stream.write(firstRequest(ADDRESS_TYPE_URL, at));
    stream.write(firstRequest(RESOURCE_TYPE_URL, at));
  });
}

async function main(port: number, count: number): Promise<void> {
  for (let from = 0; from < count; from += WAVE) {
    const wave = Array.from({ length: Math.min(WAVE, count - from) }, (_, at) => from + at);
    await Promise.all(wave.map((at) => startWorker(port, at)));
  }
  console.log('connected');
  process.stdin.resume().once('end', () => process.exit(0));
}

await main(Number(process.argv[2]), Number(process.argv[3]));
