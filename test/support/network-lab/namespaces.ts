// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import koffi from 'koffi';

/** The two ends of every lab: the worker is near, its clients and backends are far. */
export type End = 'near' | 'far';

const TOOLS = ['ip', 'nft', 'python3', 'ss'];
const DIRECTORY = '/var/run/netns';
/** The process that made a namespace is part of its name: what a dead one left behind can be told from what is in use. */
const NAME = /^heartline-(\d+)-(?:near|far)$/;
/** <linux/sched.h> */
const CLONE_NEWNET = 0x4000_0000;

/** For the `skip` of a test that needs a lab; false where it can be made. */
export const CANNOT_MAKE_NAMESPACES: string | false = reasonAgainst() ?? false;

function reasonAgainst(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  if (!makeTunDevice()) return 'there is no /dev/net/tun, and it cannot be made';
  const missing = TOOLS.filter((tool) => !isOnPath(tool));
  return missing.length === 0 ? undefined : `${missing.join(', ')} not installed`;
}

/** Containers often come without it (kernel documentation, networking/tuntap). */
function makeTunDevice(): boolean {
  if (existsSync('/dev/net/tun')) return true;
  mkdirSync('/dev/net', { recursive: true });
  return spawnSync('mknod', ['-m', '666', '/dev/net/tun', 'c', '10', '200']).status === 0;
}

function isOnPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK);
      return true;
    } catch {
      // Not in this directory.
      return false;
    }
  });
}

export function namespaceOf(end: End): string {
  return `heartline-${process.pid}-${end}`;
}

/** Makes both namespaces, after those that crashed test runs left behind were removed. */
export function makeNamespaces(): void {
  removeLeftovers();
  for (const end of ['near', 'far'] as const) {
    execFileSync('ip', ['netns', 'add', namespaceOf(end)]);
    runIn(end, 'ip', 'link', 'set', 'lo', 'up');
  }
}

export function removeNamespaces(): void {
  for (const end of ['near', 'far'] as const) remove(namespaceOf(end));
}

function removeLeftovers(): void {
  const names = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
  for (const name of names) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) remove(name);
  }
}

function remove(name: string): void {
  spawnSync('ip', ['netns', 'delete', name]);
}

/** Runs a command at one end and returns what it prints. */
export function runIn(end: End, ...command: readonly string[]): string {
  return execFileSync('ip', ['netns', 'exec', namespaceOf(end), ...command], { encoding: 'utf8' });
}

/**
 * Moves this thread to one end, for good: setns(2) is about the calling thread alone, and Node opens every socket
 * and starts every process on this one. Clients and backends of a test are then ordinary sockets of the test.
 */
export function enterNamespace(end: End): void {
  const setns = koffi.load(null).func('int setns(int, int)') as (
    fd: number,
    kind: number,
  ) => number;
  const file = openSync(join(DIRECTORY, namespaceOf(end)), 'r');
  try {
    if (setns(file, CLONE_NEWNET) !== 0) throw new Error(`setns: errno ${koffi.errno()}`);
  } finally {
    closeSync(file);
  }
}
