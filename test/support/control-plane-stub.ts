// SPDX-License-Identifier: Apache-2.0
import * as grpc from '@grpc/grpc-js';
import type { DeltaDiscoveryRequest__Output as Request } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js';
import type { DeltaDiscoveryResponse as Response } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import type { ControlMessage } from '../../shared/proto/gen/heartline/fleet/v1/ControlMessage.js';
import type { WorkerMessage__Output as WorkerMessage } from '../../shared/proto/gen/heartline/fleet/v1/WorkerMessage.js';
import type { Wire } from '../../shared/proto/wire.js';
import { eventually } from './eventually.js';

/** One delta stream as the control plane sees it; the test decides every message. */
export interface StubStream {
  readonly headers: grpc.Metadata;
  /** Everything received, oldest first. */
  readonly requests: readonly Request[];
  send(response: Response): void;
  sendBytes(bytes: Buffer): void;
  /** Ends in good order. */
  end(): void;
  fail(code: grpc.status, details: string): void;
  /** True after the worker has cancelled or lost it. */
  readonly gone: boolean;
}

/** A fleet stream that has been welcomed with `sessionId`. */
export interface StubFleetStream {
  readonly sessionId: string;
  readonly messages: readonly WorkerMessage[];
}

/** A control plane made by hand: real gRPC, no logic. */
export interface ControlPlaneStub {
  readonly address: string;
  /** Every delta stream ever opened, oldest first. */
  readonly streams: readonly StubStream[];
  readonly fleet: readonly StubFleetStream[];
  /** Waits for the n-th stream (from 0). */
  stream(index: number): Promise<StubStream>;
  /** The gRPC status that new streams get instead of service; undefined serves them. */
  refuse: { readonly code: grpc.status; readonly details: string } | undefined;
  stop(): void;
}

export interface StubOptions {
  /** Port to listen on; default: any free one. */
  readonly port?: number;
  /** Default true; false answers UNIMPLEMENTED to fleet streams, like a control plane that is not ours. */
  readonly fleet?: boolean;
}

export async function startControlPlaneStub(
  wire: Wire,
  { port = 0, fleet = true }: StubOptions = {},
): Promise<ControlPlaneStub> {
  const streams: StubStream[] = [];
  const fleetStreams: StubFleetStream[] = [];
  const server = new grpc.Server();
  server.addService(rawService('envoy.service.discovery.v3.AggregatedDiscoveryService', DELTA), {
    [DELTA]: (call: RawCall) => {
      if (stub.refuse !== undefined) call.emit('error', stub.refuse);
      else streams.push(openStream(wire, call));
    },
  });
  if (fleet) {
    server.addService(rawService('heartline.fleet.v1.Fleet', 'Connect'), {
      Connect: (call: RawCall) => {
        fleetStreams.push(openFleetStream(wire, call, `session-${fleetStreams.length + 1}`));
      },
    });
  }
  const bound = await new Promise<number>((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, actual) =>
      error === null ? resolve(actual) : reject(error),
    );
  });
  const stub: ControlPlaneStub = {
    address: `127.0.0.1:${bound}`,
    streams,
    fleet: fleetStreams,
    refuse: undefined,
    stream: (index) =>
      eventually(() => {
        const stream = streams[index];
        if (stream === undefined) throw new Error(`${streams.length} streams so far`);
        return stream;
      }),
    stop: () => server.forceShutdown(),
  };
  return stub;
}

const DELTA = 'DeltaAggregatedResources';

type RawCall = grpc.ServerDuplexStream<Buffer, Buffer>;

function rawService(service: string, method: string): grpc.ServiceDefinition {
  const pass = (bytes: Buffer): Buffer => bytes;
  return {
    [method]: {
      path: `/${service}/${method}`,
      requestStream: true,
      responseStream: true,
      requestSerialize: pass,
      requestDeserialize: pass,
      responseSerialize: pass,
      responseDeserialize: pass,
    },
  };
}

function openStream(wire: Wire, call: RawCall): StubStream {
  const requests: Request[] = [];
  let gone = false;
  call.on('data', (bytes: Buffer) => requests.push(wire.deltaRequest.decode(bytes)));
  call.on('cancelled', () => {
    gone = true;
  });
  call.on('error', () => {
    gone = true;
  });
  return {
    headers: call.metadata,
    requests,
    get gone() {
      return gone;
    },
    send: (response) => void call.write(wire.deltaResponse.encode(response)),
    sendBytes: (bytes) => void call.write(bytes),
    end: () => call.end(),
    fail: (code, details) => void call.emit('error', { code, details }),
  };
}

function openFleetStream(wire: Wire, call: RawCall, sessionId: string): StubFleetStream {
  const messages: WorkerMessage[] = [];
  const welcome: ControlMessage = { welcome: { sessionId, controlPlane: 'stub' } };
  call.on('error', () => undefined);
  call.on('data', (bytes: Buffer) => {
    messages.push(wire.workerMessage.decode(bytes));
    if (messages.length === 1) call.write(wire.controlMessage.encode(welcome));
  });
  return { sessionId, messages };
}

/** The answers a stream got to a response of this type, oldest first: no first requests. */
export function answersOf(stream: StubStream, typeUrl: string): Request[] {
  return stream.requests.filter((request) => request.typeUrl === typeUrl && request.responseNonce);
}
