// SPDX-License-Identifier: Apache-2.0
import type { ConnectionRow } from '../client/admin-client.js';

export type ConnectionEvent = 'open' | 'opened' | 'changed' | 'closed';

export interface ConnectionChange {
  readonly event: ConnectionEvent;
  /** As it is now; of a closed one, as it was seen last. */
  readonly connection: ConnectionRow;
}

/**
 * What became of connections between two looks, in order of id; `before` is undefined at the first. Requests that come and go,
 * ages and round trips are no change.
 */
export function connectionChanges(
  before: readonly ConnectionRow[] | undefined,
  now: readonly ConnectionRow[],
): readonly ConnectionChange[] {
  if (before === undefined) return now.map((connection) => ({ event: 'open', connection }));
  const known = new Map(before.map((row) => [row.id, row]));
  const changes: ConnectionChange[] = [];
  for (const connection of now) {
    const previous = known.get(connection.id);
    known.delete(connection.id);
    if (previous === undefined) changes.push({ event: 'opened', connection });
    else if (fingerprint(previous) !== fingerprint(connection)) {
      changes.push({ event: 'changed', connection });
    }
  }
  for (const connection of known.values()) changes.push({ event: 'closed', connection });
  return changes.sort((a, b) => a.connection.id - b.connection.id);
}

function fingerprint(row: ConnectionRow): string {
  const { protocol, listener, client, version, inForce, settling, deferred } = row;
  const { settingsPending, keepalive } = row;
  const facts = [protocol, listener, client, version, inForce, settling, deferred];
  return JSON.stringify([...facts, settingsPending, keepalive]);
}
