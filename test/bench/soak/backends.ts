// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { nowMs } from '../../support/machine-clock.js';
import { ECHO_METHOD } from './traffic.js';

/** An end without warning: its connections are reset, whatever runs on them. */
export interface Kill {
  readonly fromMs: number;
  readonly toMs: number;
  /** Each had at most one request under way, known to the backend or not. */
  readonly connections: number;
}

/** One endpoint of a Service; it comes and goes on the same address. */
export class FlappingBackend {
  readonly host: string;
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(host: string, port: number) {
    this.host = host;
    this.#port = port;
  }

  get isUp(): boolean {
    return this.#server !== undefined;
  }

  async start(): Promise<number> {
    const server = createServer((request, response) => {
      // Some requests are always under way.
      request.resume().once('end', () => setTimeout(() => response.end(this.host), DELAY_MS));
    });
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, this.host);
    await once(server, 'listening');
    this.#server = server;
    return (server.address() as AddressInfo).port;
  }

  /** Call it when no new request can come; what runs is answered first. */
  async leave(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    if (server !== undefined) await once(server, 'close');
  }

  kill(): Kill {
    const fromMs = nowMs();
    const connections = this.#sockets.size;
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    return { fromMs, toMs: nowMs(), connections };
  }
}

const DELAY_MS = 10;

/** A gRPC server of one method that says what it was told. */
export async function startGrpcEcho(): Promise<{ port: number; stop(): void }> {
  const same = (bytes: Buffer): Buffer => bytes;
  const server = new GrpcServer();
  const method = {
    ...{ path: ECHO_METHOD, requestStream: false, responseStream: false },
    ...{ requestSerialize: same, requestDeserialize: same },
    ...{ responseSerialize: same, responseDeserialize: same },
  };
  server.addService(
    { say: method },
    {
      say: (
        call: { readonly request: Buffer },
        done: (error: null, answer: Buffer) => void,
      ): void => done(null, call.request),
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { port, stop: () => server.forceShutdown() };
}
