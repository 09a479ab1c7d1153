// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** Columns of /proc/net/tcp, proc(5). */
const LOCAL_COLUMN = 1;
const REMOTE_COLUMN = 2;
const STATE_COLUMN = 3;
/** TIME_WAIT is no socket any more: it sends nothing and ends by itself. */
const TIME_WAIT = '06';

/**
 * States (hexadecimal, include/net/tcp_states.h) of the sockets of this network namespace on one of the local ports whose peer
 * has one of the others, also of those that no process holds any more; by port of the peer. The kernel gives one client port to
 * connections with different destinations: a peer's port alone may be that of another test.
 */
export function leftTowards(
  localPorts: readonly number[],
  ports: readonly number[],
): Record<number, string[]> {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    readFileSync(path, 'utf8').trim().split('\n').slice(1),
  );
  const found: Record<number, string[]> = {};
  for (const row of rows) {
    const columns = row.trim().split(/\s+/);
    const port = portIn(columns[REMOTE_COLUMN]);
    const state = columns[STATE_COLUMN] ?? '';
    const isOurs = localPorts.includes(portIn(columns[LOCAL_COLUMN])) && ports.includes(port);
    if (!isOurs || state === TIME_WAIT) continue;
    found[port] = [...(found[port] ?? []), state];
  }
  return found;
}

function portIn(address = ''): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
