// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { handleOf } from '../../dataplane/listeners/connection.js';

const SCRIPT = fileURLToPath(new URL('./socket-tool.py', import.meta.url));

/** From outside, by another process: cuts the cable of a socket, makes it lossy, repairs it, or changes its keepalive values. */
export type SocketCommand = 'mute' | 'lossy' | 'unmute' | 'tamper';

/** What `tamper` leaves on a socket with keepalive on, as `formatValues` writes it. */
export const TAMPERED = '1/77/7/8/0';

/** Descriptors of `pid`, this process by default. */
export async function changeDescriptors(
  command: SocketCommand,
  fds: readonly number[],
  pid: number = process.pid,
): Promise<void> {
  await promisify(execFile)('python3', [SCRIPT, String(pid), command, ...fds.map(String)]);
}

/** The same for sockets of this process. */
export async function changeSockets(
  command: SocketCommand,
  sockets: readonly Socket[],
): Promise<void> {
  const fds = sockets.map((socket) => handleOf(socket).fd);
  assert.ok(fds.every((fd) => fd >= 0));
  await changeDescriptors(command, fds);
}
