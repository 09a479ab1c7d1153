// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';

/** What a process holds at one moment. */
export interface Gauges {
  readonly residentMiB: number;
  /** Live objects, and garbage since the last collection. */
  readonly heapMiB: number;
  readonly descriptors: number;
  /** Handles of libuv, as process._getActiveHandles counts them. */
  readonly handles: number;
  /** Open connections of a worker; 0 for other processes. */
  readonly downstream: number;
  readonly upstream: number;
}

const MIB = 1024 * 1024;

/** `metricsUrl`: its Prometheus endpoint; `token` where that asks for one. */
export async function readGauges(pid: number, metricsUrl: string, token = ''): Promise<Gauges> {
  const answer = await fetch(metricsUrl, { headers: { authorization: `Bearer ${token}` } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${metricsUrl}: ${answer.status} ${text}`);
  const sum = (name: string, label = ''): number =>
    text
      .split('\n')
      .filter((line) => line.startsWith(name) && /[ {]/.test(line.charAt(name.length)))
      .filter((line) => line.includes(label))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    residentMiB: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024,
    heapMiB: sum('nodejs_heap_size_used_bytes') / MIB,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    handles: sum('nodejs_active_handles_total'),
    downstream: sum('heartline_connections_open', 'side="downstream"'),
    upstream: sum('heartline_connections_open', 'side="upstream"'),
  };
}
