// SPDX-License-Identifier: Apache-2.0
import type { EndpointTable, Plan } from './plan.js';
import type {
  ApplyReport,
  ConnectionPage,
  ConnectionProtocol,
  ConnectionSide,
  ConnectionState,
  DrainProgress,
  DrainReport,
  EngineSummary,
} from './report.js';

/** A page of connections; every condition that is given must hold. */
export interface ConnectionQuery {
  readonly afterId: number;
  /** At least 1. */
  readonly limit: number;
  readonly side?: ConnectionSide;
  readonly bindKey?: string;
  readonly listener?: string;
  readonly protocol?: ConnectionProtocol;
  readonly state?: ConnectionState;
  /** Label of a version whose values are in force on the connection. */
  readonly version?: string;
  readonly inForce?: boolean;
  readonly settling?: boolean;
  readonly deferred?: boolean;
  readonly settingsPending?: boolean;
  readonly peer?: AddressRange;
  /** Without a PROXY header the client is the peer. */
  readonly client?: AddressRange;
  /** No byte was received for longer than this. */
  readonly idleLongerThanMs?: number;
  readonly olderThanMs?: number;
}

/** Addresses whose first `prefix` bits are those of `address`. */
export interface AddressRange {
  readonly address: string;
  readonly prefix: number;
}

/**
 * The half of a worker that owns sockets. It exchanges only messages with the brain, also inside one
 * process, so that several engine processes or another engine need no new design.
 */
export interface Engine {
  /**
   * Makes `plan` the current one: listening sockets first, then every open connection, read back.
   * A newer apply supersedes a running one, whose report then settles early with the newer values on
   * every socket. Settles after 2 s at the latest.
   */
  apply(plan: Plan): Promise<ApplyReport>;
  /**
   * From the next request on, Services have these endpoints. Running requests end where they are, idle connections to
   * endpoints that are gone are closed; nothing is verified, because no connection's settings change.
   */
  setEndpoints(endpoints: EndpointTable): void;
  /**
   * Connections in order of id, in short slices: traffic goes on meanwhile. One that stays open is on exactly one page,
   * however many come and go between the calls.
   */
  query(query: ConnectionQuery): Promise<ConnectionPage>;
  summary(): EngineSummary;
  /** Calls back after anything in `summary()` changed; calls are merged per turn of the loop. */
  onChange(listener: () => void): () => void;
  /** Stops accepting, ends connections gracefully, hard after `graceMs`; settles when none is left. `onProgress`
   * is called twice a second meanwhile. */
  drain(graceMs: number, onProgress?: (progress: DrainProgress) => void): Promise<DrainReport>;
}
