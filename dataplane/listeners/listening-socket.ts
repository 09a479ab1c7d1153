// SPDX-License-Identifier: Apache-2.0
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { errnoOf } from '../../shared/errors/heartline-error.js';
import type { DescriptorCalls } from '../keepalive/descriptor-calls.js';
import type { SocketOptions } from '../keepalive/socket-options.js';
import { emptyTcpInfo } from '../keepalive/tcp-info.js';
import { formatAddress } from './connection-query.js';

export interface ListenRequest {
  /** Empty: every address of both families, IPv4 alone where there is no IPv6. */
  readonly addresses: readonly string[];
  /** 0 lets the system choose; every address then gets the same port. */
  readonly port: number;
  readonly onConnection: (socket: Socket) => void;
  readonly calls: DescriptorCalls;
}

/** Connections that may wait for accept; the kernel caps it at net.core.somaxconn (4096 by default). */
const BACKLOG = 4096;
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']);

/** Binds every address or none; rejects with the system's error. */
export async function listen(request: ListenRequest): Promise<ListeningSocket[]> {
  if (request.addresses.length === 0) return [await listenOnBothFamilies(request)];
  const sockets: ListeningSocket[] = [];
  let { port } = request;
  try {
    for (const address of request.addresses) {
      const socket = await listenOn(address, port, request);
      sockets.push(socket);
      port = socket.port;
    }
  } catch (error) {
    closeAll(sockets);
    throw error;
  }
  return sockets;
}

/** Accepting stops at once, and clients are refused; open connections are not touched. */
export function closeAll(sockets: readonly ListeningSocket[]): void {
  for (const socket of sockets) socket.close();
}

/** Where a listening socket is: with a server that accepts, or held without one. */
type Holder =
  | { readonly name: 'accepting'; readonly server: Server }
  | { readonly name: 'paused'; readonly fd: number }
  | { readonly name: 'closed' };

/** One bound address. */
export class ListeningSocket {
  readonly address: string;
  readonly port: number;
  readonly #request: ListenRequest;
  #holder: Holder;

  constructor(server: Server, request: ListenRequest) {
    const bound = server.address() as AddressInfo;
    this.address = formatAddress(bound.address, bound.port);
    this.port = bound.port;
    this.#request = request;
    this.#holder = { name: 'accepting', server };
  }

  /** Its descriptor; −1 once it is closed. */
  get fd(): number {
    const holder = this.#holder;
    if (holder.name === 'paused') return holder.fd;
    return holder.name === 'accepting' ? descriptorOf(holder.server) : -1;
  }

  /**
   * Nothing is accepted until `resume`: clients wait in the kernel's queue. libuv cannot leave connections there, so the
   * socket is kept by a descriptor of our own while the server is closed.
   */
  pause(): void {
    if (this.#holder.name !== 'accepting') return;
    const { server } = this.#holder;
    const fd = this.#request.calls.duplicate(descriptorOf(server));
    if (fd < 0) return;
    this.#holder = { name: 'paused', fd };
    server.close();
  }

  resume(): void {
    if (this.#holder.name !== 'paused') return;
    const { fd } = this.#holder;
    const server = createAcceptor(this.#request);
    // The server owns the descriptor from here on.
    server.listen({ fd, backlog: BACKLOG });
    this.#holder = { name: 'accepting', server };
  }

  close(): void {
    if (this.#holder.name === 'accepting') this.#holder.server.close();
    if (this.#holder.name === 'paused') this.#request.calls.release(this.#holder.fd);
    this.#holder = { name: 'closed' };
  }
}

function descriptorOf(server: Server): number {
  const handle = (server as Server & { _handle?: { readonly fd?: number } | null })._handle;
  return handle?.fd ?? -1;
}

/** Connections in the accept queues. The kernel keeps that number where other sockets have their unacknowledged segments. */
export function queuedConnections(
  sockets: readonly ListeningSocket[],
  socketOptions: Pick<SocketOptions, 'readTcpInfo'>,
): number {
  const info = emptyTcpInfo();
  let queued = 0;
  for (const { fd } of sockets) {
    if (fd >= 0 && socketOptions.readTcpInfo(fd, info)) queued += info.unackedSegments;
  }
  return queued;
}

async function listenOnBothFamilies(request: ListenRequest): Promise<ListeningSocket> {
  try {
    return await listenOn('::', request.port, request);
  } catch (error) {
    if (!NO_IPV6.has(errnoOf(error) ?? '')) throw error;
    return listenOn('0.0.0.0', request.port, request);
  }
}

function listenOn(address: string, port: number, request: ListenRequest): Promise<ListeningSocket> {
  const server = createAcceptor(request);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Beside 0.0.0.0 it must leave IPv4 alone; by itself it takes both.
    const ipv6Only = address === '::' && request.addresses.includes('0.0.0.0');
    server.listen({ host: address, port, ipv6Only, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve(new ListeningSocket(server, request));
    });
  });
}

/**
 * A sniffed socket is not made by an HTTP server, so it has to be asked for what those ask for: no Nagle delay, and an
 * answer for clients that half-close. Never Node's keepalive options.
 */
function createAcceptor({ onConnection }: ListenRequest): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
}
