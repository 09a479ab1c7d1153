// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { TcpKeepalive } from '../engine/plan.js';

/** The values that "off" writes when /proc is not readable: Linux' own defaults (tcp(7)). */
const LINUX_DEFAULT = { idleSeconds: 7200, intervalSeconds: 75, probes: 9 } as const;

/** Keepalive off, with the values of this network namespace, which sysctl may have changed. */
export function readSystemKeepalive(directory = '/proc/sys/net/ipv4'): TcpKeepalive {
  return {
    enabled: false,
    idleSeconds: readInt(`${directory}/tcp_keepalive_time`) ?? LINUX_DEFAULT.idleSeconds,
    intervalSeconds: readInt(`${directory}/tcp_keepalive_intvl`) ?? LINUX_DEFAULT.intervalSeconds,
    probes: readInt(`${directory}/tcp_keepalive_probes`) ?? LINUX_DEFAULT.probes,
  };
}

function readInt(path: string): number | undefined {
  try {
    const value = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return Number.isNaN(value) ? undefined : value;
  } catch {
    // Sandboxes hide /proc/sys; the kernel's documented defaults are then the best guess.
    return undefined;
  }
}
