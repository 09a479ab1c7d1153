// SPDX-License-Identifier: Apache-2.0
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { isLoopback } from '../../shared/names/host-port.js';
import type { Clock } from '../../shared/time/clock.js';
import { answerRaw } from './failures.js';

/** A certificate and its key as PEM, and word of later ones. */
export interface TlsCredentials {
  current(): TlsPair;
  onRenewed(listener: (pair: TlsPair) => void): void;
}

interface TlsPair {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface TlsOrPlainOptions {
  readonly credentials: TlsCredentials;
  readonly clock: Pick<Clock, 'after'>;
}

export interface TlsOrPlain {
  /** Ends connections of which nobody knows yet what they ask for. */
  close(): void;
}

type Serve = (socket: Socket) => void;

/** First byte of every TLS connection: a record of type handshake (RFC 8446 §5.1). No HTTP/1 request begins with it. */
const TLS_HANDSHAKE = 0x16;

/** For the first byte, and again for the handshake, milliseconds. nginx gives a whole header 60 s, kube-apiserver 32 s. */
const OPENING_DEADLINE_MS = 10_000;

/** How long a client that was refused may take to read why. */
const FAREWELL_MS = 1_000;

/**
 * Lets one HTTP server speak TLS as well, told apart by the first byte. Requests, upgrades, limits and the end of the server stay
 * with `server`. Plain HTTP is served to this machine only: tokens must not cross a network in the clear.
 */
export function takeTlsOrPlain(server: Server, options: TlsOrPlainOptions): TlsOrPlain {
  const { clock } = options;
  const serveHttp = takeConnections(server);
  const opening = new Map<string, Socket>();
  const serveTls = tlsOver(options.credentials, (socket) => {
    opening.delete(connectionKey(socket));
    serveHttp(socket);
  });
  server.on('connection', (socket: Socket) => {
    const key = connectionKey(socket);
    opening.set(key, socket);
    socket.once('close', () => {
      if (opening.get(key) === socket) opening.delete(key);
    });
    readFirstByte(socket, clock, (first) => {
      if (first === TLS_HANDSHAKE) return serveTls(socket);
      opening.delete(key);
      if (isLocal(socket)) serveHttp(socket);
      else refusePlain(socket, clock);
      socket.resume();
    });
  });
  return {
    close() {
      for (const socket of opening.values()) socket.destroy();
    },
  };
}

/** What the server did with new connections until now. */
function takeConnections(server: Server): Serve {
  const listeners = server.listeners('connection') as Serve[];
  server.removeAllListeners('connection');
  return (socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
}

function tlsOver(credentials: TlsCredentials, serve: Serve): Serve {
  const contextOf = ({ certificate, privateKey }: TlsPair): { cert: string; key: string } => {
    return { cert: certificate, key: privateKey };
  };
  const tls = createTlsServer({
    ...contextOf(credentials.current()),
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: OPENING_DEADLINE_MS,
  });
  credentials.onRenewed((pair) => tls.setSecureContext(contextOf(pair)));
  tls.on('secureConnection', serve);
  // The client's affair: scanners, and clients that do not trust us, end here all day.
  tls.on('tlsClientError', (_error, socket: TLSSocket) => void socket.destroy());
  return (socket) => void tls.emit('connection', socket);
}

/** The same for a connection and for the TLS over it. */
function connectionKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`;
}

/** Puts the bytes back and pauses before it calls `decide`, once; a connection that ends or stays silent is closed. */
function readFirstByte(
  socket: Socket,
  clock: Pick<Clock, 'after'>,
  decide: (first: number) => void,
): void {
  const destroy = (): void => void socket.destroy();
  const timer = clock.after(OPENING_DEADLINE_MS, destroy);
  // Whatever breaks here ends in `close`; later readers bring their own listeners.
  socket.on('error', destroy);
  socket.once('end', destroy);
  socket.once('close', () => timer.cancel());
  socket.once('data', (chunk: Buffer) => {
    timer.cancel();
    socket.off('end', destroy);
    socket.pause();
    socket.unshift(chunk);
    decide(chunk[0] ?? 0);
  });
}

function isLocal({ localAddress, remoteAddress }: Socket): boolean {
  return [localAddress, remoteAddress].every((address) => isLoopback(address ?? ''));
}

function refusePlain(socket: Socket, clock: Pick<Clock, 'after'>): void {
  const message =
    'plain HTTP is served to this machine only; use https, with the authority in ca.crt of the data directory';
  answerRaw(socket, '400 Bad Request', new HeartlineError('INVALID_ARGUMENT', message));
  const timer = clock.after(FAREWELL_MS, () => socket.destroy());
  socket.once('close', () => timer.cancel());
  socket.once('end', () => socket.destroy());
}
