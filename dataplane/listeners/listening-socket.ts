// SPDX-License-Identifier: Apache-2.0
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { errnoOf } from '../../shared/errors/heartline-error.js';
import type { SocketOptions } from '../keepalive/socket-options.js';
import { emptyTcpInfo } from '../keepalive/tcp-info.js';
import { formatAddress } from './connection-query.js';

/** One bound address. */
export interface ListeningSocket {
  readonly server: Server;
  readonly address: string;
  readonly port: number;
}

export interface ListenRequest {
  /** Empty: every address of both families, IPv4 alone where there is no IPv6. */
  readonly addresses: readonly string[];
  /** 0 lets the system choose; every address then gets the same port. */
  readonly port: number;
  readonly onConnection: (socket: Socket) => void;
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

/** Accepting stops at once; open connections are not touched. */
export function closeAll(sockets: readonly ListeningSocket[]): void {
  for (const { server } of sockets) server.close();
}

/** Descriptor of a listening socket; −1 once it is closed. */
export function listeningDescriptor({ server }: ListeningSocket): number {
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
  for (const socket of sockets) {
    const fd = listeningDescriptor(socket);
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

function listenOn(
  address: string,
  port: number,
  { addresses, onConnection }: ListenRequest,
): Promise<ListeningSocket> {
  // A sniffed socket is not made by an HTTP server, so it has to be asked for what those ask for: no
  // Nagle delay, and an answer for clients that half-close. Never Node's keepalive options.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Beside 0.0.0.0 it must leave IPv4 alone; by itself it takes both.
    const ipv6Only = address === '::' && addresses.includes('0.0.0.0');
    server.listen({ host: address, port, ipv6Only, backlog: BACKLOG }, () => {
      server.off('error', reject);
      const bound = server.address() as AddressInfo;
      resolve({ server, address: formatAddress(bound.address, bound.port), port: bound.port });
    });
  });
}
