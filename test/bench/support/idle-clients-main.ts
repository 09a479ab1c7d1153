// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net';

/** Opens COUNT connections to 127.0.0.1:PORT, prints `open`, holds them until its input ends. */
async function main(port: number, count: number): Promise<void> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(200, count - sockets.length) }, () => open(port));
    sockets.push(...(await Promise.all(batch)));
  }
  console.log('open');
  process.stdin.resume().once('end', () => process.exit(0));
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

await main(Number(process.argv[2]), Number(process.argv[3]));
