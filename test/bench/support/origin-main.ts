// SPDX-License-Identifier: Apache-2.0
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A backend that keeps what it is given: a request is answered with 1 KiB, an upgrade with 101 and an echo. Prints its port. */
const BODY = 'x'.repeat(1024);
const ANSWER = `HTTP/1.1 200 OK\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;
/** RFC 6455 §1.3: the answer to the key that the clients send; haproxy checks it. */
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const SWITCH = `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${ACCEPT}\r\n\r\n`;
const HEAD_END = '\r\n\r\n';

function serve(socket: Socket): void {
  let head = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', function onRequest(chunk: Buffer) {
    head += chunk.toString('latin1');
    for (let end = head.indexOf(HEAD_END); end >= 0; end = head.indexOf(HEAD_END)) {
      const request = head.slice(0, end);
      head = head.slice(end + HEAD_END.length);
      if (/^upgrade:/im.test(request)) {
        socket.off('data', onRequest);
        socket.on('data', (bytes: Buffer) => void socket.write(bytes));
        socket.write(SWITCH);
        return;
      }
      socket.write(ANSWER);
    }
  });
}

const server = createServer({ noDelay: true }, serve);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  console.log((server.address() as AddressInfo).port),
);
process.stdin.resume().once('end', () => process.exit(0));
