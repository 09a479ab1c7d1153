// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef } from '../../shared/events/event.js';
import type { VersionedSnapshot } from '../snapshot/snapshot.js';

/** What one worker should run now. */
export interface Target {
  readonly snapshot: VersionedSnapshot;
  /**
   * False when no Gateway object of that name exists: additions are sent (a policy may name a gateway
   * that is yet to come), removals never are, and the worker is shown `Orphaned`.
   */
  readonly gatewayExists: boolean;
}

/** What the xDS server needs to know about versions, and nothing more. */
export interface SnapshotSource {
  /**
   * The version a worker of this gateway should run, or undefined when neither the gateway nor anything
   * that names it was ever seen. Never called before `ready` is true.
   */
  target(gateway: GatewayRef, workerKey: string): Target | undefined;
  /** A kept version by its label, so that a difference can be taken from what a worker holds. */
  byLabel(gateway: GatewayRef, label: string): VersionedSnapshot | undefined;
  /** Calls back after the target of a gateway changed; the truth is read again through `target`. */
  onChange(listener: (gateway: GatewayRef) => void): () => void;
  /** False until the log is folded and release state is read: no stream is served before. */
  ready(): boolean;
}
