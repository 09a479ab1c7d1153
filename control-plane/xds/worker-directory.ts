// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { GatewayRef, WorkerRef } from '../../shared/events/event.js';
import { gatewayKey } from '../../shared/events/gateway-key.js';

/** A live stream as the directory sees it. */
export interface DirectoryEntry {
  readonly worker: WorkerRef;
  /** Host the stream comes from, without its port. */
  readonly host: string;
}

/** The live streams: one per worker, found by gateway. */
export interface WorkerDirectory<Entry extends DirectoryEntry> {
  /**
   * Adds a stream. A worker that was restarted comes back from the host it was on: its earlier stream is
   * returned, still in here, and has to be removed by the caller. Throws ALREADY_EXISTS when the worker is live from another host: two workers use one name.
   */
  admit(entry: Entry): Entry | undefined;
  /** Removes a stream; false when it is not (or no longer) in here. */
  leave(entry: Entry): boolean;
  /** The streams of one gateway at this moment; the set may be walked while streams leave. */
  ofGateway(gateway: GatewayRef): Iterable<Entry>;
  all(): Iterable<Entry>;
}

export function createWorkerDirectory<Entry extends DirectoryEntry>(): WorkerDirectory<Entry> {
  const byKey = new Map<string, Entry>();
  const byGateway = new Map<string, Set<Entry>>();

  const leave = (entry: Entry): boolean => {
    const name = gatewayKey(entry.worker.gateway);
    const siblings = byGateway.get(name);
    if (!siblings?.delete(entry)) return false;
    if (siblings.size === 0) byGateway.delete(name);
    if (byKey.get(entry.worker.key) === entry) byKey.delete(entry.worker.key);
    return true;
  };

  return {
    admit(entry) {
      const { key, gateway } = entry.worker;
      const live = byKey.get(key);
      if (live !== undefined && live.host !== entry.host) throw takenElsewhere(entry, live);
      byKey.set(key, entry);
      const name = gatewayKey(gateway);
      const siblings = byGateway.get(name) ?? new Set();
      byGateway.set(name, siblings.add(entry));
      return live;
    },
    leave,
    ofGateway: (gateway) => byGateway.get(gatewayKey(gateway)) ?? [],
    all: () => byKey.values(),
  };
}

function takenElsewhere(entry: DirectoryEntry, live: DirectoryEntry): HeartlineError {
  const { nodeId } = entry.worker;
  return new HeartlineError(
    'ALREADY_EXISTS',
    `worker "${nodeId}" is connected from ${live.host} already; ${entry.host} must use another node id`,
    { subject: nodeId },
  );
}
