// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';

/** Sends one HTTP/1.1 request on a raw socket and reads the answer with its content-length. */
export function exchange(
  socket: Socket,
  request: string | Buffer,
): Promise<{ status: number; head: string; body: Buffer }> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const finish = (status: number, head: string, body: Buffer): void => {
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve({ status, head, body });
    };
    const onClose = (): void => finish(0, '', received);
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const headEnd = received.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const head = received.toString('latin1', 0, headEnd);
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      const body = received.subarray(headEnd + 4);
      if (body.length < length) return;
      finish(Number(head.slice(9, 12)), head, body.subarray(0, length));
    };
    socket.on('data', onData);
    socket.once('close', onClose);
    socket.write(request);
  });
}
