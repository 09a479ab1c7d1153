// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { TcpKeepalive } from '../engine/plan.js';
import { MAX_KERNEL_PROBES, MAX_KERNEL_SECONDS } from './keepalive-values.js';

const SYSCTL_DIR = '/proc/sys/net/ipv4';

/**
 * What a socket of this network namespace has when nobody sets anything (tcp(7), tcp_keepalive_*): keepalive off, 7200/75/9
 * unless the administrator changed it.
 */
export function readSystemKeepalive(directory = SYSCTL_DIR): TcpKeepalive {
  // A sysctl may be larger than what TCP_KEEPIDLE takes; written back to a socket it has to be in range.
  const read = (name: string, absent: number, max: number): number => {
    const value = Number(readSysctl(`${directory}/${name}`));
    return Number.isInteger(value) && value >= 1 ? Math.min(value, max) : absent;
  };
  return {
    enabled: false,
    idleSeconds: read('tcp_keepalive_time', 7200, MAX_KERNEL_SECONDS),
    intervalSeconds: read('tcp_keepalive_intvl', 75, MAX_KERNEL_SECONDS),
    probes: read('tcp_keepalive_probes', 9, MAX_KERNEL_PROBES),
  };
}

function readSysctl(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not readable in some sandboxes; the kernel's built-in defaults hold then.
    return '';
  }
}
