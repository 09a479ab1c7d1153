// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A TCP socket of a process as the kernel describes it; never read through Heartline's own binding. */
export interface KernelSocket {
  readonly fd: number;
  readonly inode: number;
  readonly family: 4 | 6;
  /** TCP state number of the kernel (1 established, 8 close wait, 10 listening). */
  readonly state: number;
  readonly listening: boolean;
  /** Connections that may wait for accept; 0 unless listening. */
  readonly backlog: number;
  /** Segments sent and not acknowledged; 0 when listening. */
  readonly unackedSegments: number;
  readonly roundTripMs: number;
  /** Bytes written and not sent. */
  readonly notSentBytes: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly enabled: boolean;
  readonly idleSeconds: number;
  readonly intervalSeconds: number;
  readonly probes: number;
  readonly userTimeoutMs: number;
  readonly noDelay: boolean;
}

const SCRIPT = fileURLToPath(new URL('./kernel-oracle.py', import.meta.url));
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Every TCP socket of a process (default: this one), in order of descriptor. */
export async function kernelSockets(pid: number = process.pid): Promise<KernelSocket[]> {
  const { stdout } = await promisify(execFile)('python3', [SCRIPT, String(pid)], {
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return JSON.parse(stdout) as KernelSocket[];
}

/** `SO_KEEPALIVE/time/interval/retries/TCP_USER_TIMEOUT`, the form in which tests compare values. */
export function formatValues(socket: KernelSocket): string {
  const { enabled, idleSeconds, intervalSeconds, probes, userTimeoutMs } = socket;
  return `${enabled ? 1 : 0}/${idleSeconds}/${intervalSeconds}/${probes}/${userTimeoutMs}`;
}
