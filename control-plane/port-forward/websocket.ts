// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';

/** A request whose protocol is agreed on. */
export interface Handshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly protocol: string;
}

export interface WebSocketAcceptor {
  acceptMessages(handshake: Handshake, serve: (socket: WebSocket) => void): void;
  /** Its binary messages as one stream of bytes. */
  acceptStream(handshake: Handshake, serve: (stream: Duplex) => void): void;
}

/** One message of kubectl is one write of its SPDY library, at most some 32 KiB. */
const MAX_MESSAGE_BYTES = 4_194_304;

export function createTunnelAcceptor(): WebSocketAcceptor {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  const agreed = new WeakMap<IncomingMessage, string>();
  server.on('headers', (lines, request) => {
    const protocol = agreed.get(request);
    if (protocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  const accept = (handshake: Handshake, serve: (socket: WebSocket) => void): void => {
    const { request, socket, head, protocol } = handshake;
    agreed.set(request, protocol);
    // `SPDY/3.1+…` is no token (RFC 9110 §5.6.2), as names of protocols have to be; ws would refuse it, and kubectl insists on it.
    delete request.headers['sec-websocket-protocol'];
    server.handleUpgrade(request, socket, head, serve);
  };
  return {
    acceptMessages: accept,
    acceptStream: (handshake, serve) =>
      accept(handshake, (socket) => serve(createWebSocketStream(socket))),
  };
}
