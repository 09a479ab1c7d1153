// SPDX-License-Identifier: Apache-2.0
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { rawStreamMethod } from '../../../control-plane/xds/rpc-service.js';
import { RESOURCE_TYPE_URL } from '../../../shared/names/type-urls.js';
import { loadWire } from '../../../shared/proto/wire.js';
import { serveLines } from './lines.js';

/**
 * The floor on our own gRPC library: bytes made once, copied with a nonce behind, written to every stream;
 * answers are counted and not read. No protocol, no policy, no store.
 */
const NAME = 'envoy.service.discovery.v3.AggregatedDiscoveryService';
const HEAD = loadWire().deltaResponse.encode({
  typeUrl: RESOURCE_TYPE_URL,
  resources: [
    {
      name: 'policy/frontend/bench/fleet',
      version: 'a'.repeat(32),
      resource: { type_url: RESOURCE_TYPE_URL, value: Buffer.alloc(180) },
    },
  ],
});

const streams = new Set<ServerDuplexStream<Buffer, Buffer>>();
let acknowledged = 0;
let nonces = 0;
let onAnswer: () => void = () => {};

function write(call: ServerDuplexStream<Buffer, Buffer>): void {
  nonces += 1;
  const nonce = String(nonces);
  const bytes = Buffer.allocUnsafe(HEAD.length + 2 + nonce.length);
  HEAD.copy(bytes);
  bytes[HEAD.length] = 0x2a;
  bytes[HEAD.length + 1] = nonce.length;
  bytes.write(nonce, HEAD.length + 2, 'latin1');
  call.write(bytes);
}

function serve(call: ServerDuplexStream<Buffer, Buffer>): void {
  let requests = 0;
  streams.add(call);
  call.on('data', () => {
    requests += 1;
    // The two types are asked for first; both are answered, as every client waits for that.
    if (requests <= 2) {
      write(call);
      return;
    }
    if (requests === 3) return;
    acknowledged += 1;
    onAnswer();
  });
  call.on('error', () => streams.delete(call));
}

const untilAcknowledged = (count: number): Promise<void> =>
  new Promise((resolve) => {
    onAnswer = () => {
      if (acknowledged >= count) resolve();
    };
    onAnswer();
  });

const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(
  { DeltaAggregatedResources: rawStreamMethod(NAME, 'DeltaAggregatedResources') },
  { DeltaAggregatedResources: serve },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
serveLines({
  connected: untilAcknowledged,
  async push(workers) {
    acknowledged = 0;
    for (const call of streams) write(call);
    await untilAcknowledged(workers);
  },
});
