// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface PortOwner {
  readonly pid: number;
  /** Command line, cut at 120 characters. */
  readonly command: string;
}

/** TCP_LISTEN in /proc/net/tcp (proc_net(5)). */
const LISTEN_STATE = '0A';
const MAX_COMMAND_CHARACTERS = 120;

/** The process that listens on a TCP port; undefined when none does or its owner is not readable for us. */
export function findPortOwner(port: number): PortOwner | undefined {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => listeningInodes(readOrEmpty(path), port)),
  );
  if (inodes.size === 0) return undefined;
  const pids = readdirOrEmpty('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.find((candidate) => holdsSocket(candidate, inodes));
  return pid === undefined ? undefined : { pid: Number(pid), command: commandOf(pid) };
}

/** Socket inodes that listen on `port`, from the text of /proc/net/tcp or tcp6. */
export function listeningInodes(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(`:${wanted}`) && state === LISTEN_STATE)
    .flatMap((fields) => fields[9] ?? []);
}

function holdsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  return readdirOrEmpty(`/proc/${pid}/fd`).some((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(readLinkOrEmpty(`/proc/${pid}/fd/${fd}`))?.[1];
    return inode !== undefined && inodes.has(inode);
  });
}

function commandOf(pid: string): string {
  const command = readOrEmpty(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
  return command.slice(0, MAX_COMMAND_CHARACTERS);
}

// Processes end while we look, and those of other users are not readable: either way they tell nothing.

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readdirOrEmpty(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readLinkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
