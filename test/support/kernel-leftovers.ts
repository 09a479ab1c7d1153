// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** Columns of /proc/net/tcp, proc(5). */
const REMOTE_COLUMN = 2;
const STATE_COLUMN = 3;
/** TIME_WAIT is no socket any more: it sends nothing and ends by itself. */
const TIME_WAIT = '06';

/**
 * States (hexadecimal, include/net/tcp_states.h) of the sockets of this network namespace whose peer has one of these ports,
 * also of those that no process holds any more; by port.
 */
export function leftTowards(ports: readonly number[]): Record<number, string[]> {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    readFileSync(path, 'utf8').trim().split('\n').slice(1),
  );
  const found: Record<number, string[]> = {};
  for (const row of rows) {
    const columns = row.trim().split(/\s+/);
    const port = Number.parseInt(columns[REMOTE_COLUMN]?.split(':')[1] ?? '', 16);
    const state = columns[STATE_COLUMN] ?? '';
    if (!ports.includes(port) || state === TIME_WAIT) continue;
    found[port] = [...(found[port] ?? []), state];
  }
  return found;
}
