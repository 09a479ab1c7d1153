// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** USER_HZ: the unit of times in /proc/PID/stat, 100 on every Linux that Node runs on (proc(5)). */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat after the name in brackets: utime and stime are 14 and 15 of all (proc(5)). */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** CPU time of the processes so far, seconds, in steps of 10 ms. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuTicks(pid), 0) / TICKS_PER_SECOND;
}

function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME]);
}

/** Memory of the processes, KiB: each shared page counted in parts (Pss of /proc/PID/smaps_rollup). */
export function pssKib(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const [, kib] =
      /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return sum + Number(kib);
  }, 0);
}

/** The process and all that descend from it, itself first; those that end meanwhile are left out. */
export function familyOf(pid: number): number[] {
  let children: string;
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  } catch {
    // It has ended.
    return [];
  }
  if (children === '') return [pid];
  return [pid, ...children.split(' ').flatMap((child) => familyOf(Number(child)))];
}
