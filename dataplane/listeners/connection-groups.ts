// SPDX-License-Identifier: Apache-2.0
import { newAccessCounts, newOnlyOf } from '../access/access-counts.js';
import type { Plan, TcpKeepalive } from '../engine/plan.js';
import { resolveKeepalive } from '../keepalive/target-values.js';
import type { ConnectionGroup } from './connection.js';
import { createGroup, retarget } from './connection-group.js';
import type { SocketCloser } from './socket-closer.js';

export interface ConnectionGroupsOptions {
  /** Keepalive off, in the system's values. */
  readonly system: TcpKeepalive;
  readonly closer: SocketCloser;
}

export interface GroupTotals {
  /** Open downstream connections, and those of them that are in force. */
  readonly open: number;
  readonly inForceConnections: number;
  /** Of the open downstream ones: let in before the access rules of now. */
  readonly newOnly: number;
  /** On both sides. */
  readonly failed: number;
  /** On both sides: neither in force nor failed; settling ones are among them. */
  readonly notInForce: number;
}

/** Every group that may have open connections: those of binds, and one per backend, whatever routes lead to it. */
export class ConnectionGroups {
  readonly #options: ConnectionGroupsOptions;
  readonly #downstream = new Set<ConnectionGroup>();
  /** By backend key. */
  readonly #upstream = new Map<string, ConnectionGroup>();
  #plan: Pick<Plan, 'upstreamTcp' | 'upstreams' | 'version'>;

  constructor(options: ConnectionGroupsOptions) {
    this.#options = options;
    this.#plan = { version: '', upstreamTcp: options.system };
  }

  /** A connection of a bind was accepted. */
  note(group: ConnectionGroup): void {
    this.#downstream.add(group);
  }

  /** A connection has ended. A group that is still of use comes back with its next connection. */
  noteClosed(group: ConnectionGroup): void {
    if (group.open === 0) this.#downstream.delete(group);
  }

  /** The group of a backend's connections, made when the first is opened. */
  ofBackend(key: string): ConnectionGroup {
    const existing = this.#upstream.get(key);
    if (existing !== undefined) return existing;
    const group = createGroup({
      key: '',
      side: 'upstream',
      target: this.#upstreamTarget(key),
      http: undefined,
      bind: undefined,
      version: this.#plan.version,
      closer: this.#options.closer,
      access: newAccessCounts(false),
    });
    this.#upstream.set(key, group);
    return group;
  }

  /** Gives the connections to each backend the values of the plan. */
  changeUpstream(plan: Plan): void {
    this.#plan = plan;
    for (const [key, group] of this.#upstream) {
      if (group.open === 0) this.#upstream.delete(key);
      const target = this.#upstreamTarget(key);
      retarget(group, { target, http: undefined, version: plan.version });
    }
  }

  get upstreamInForce(): boolean {
    for (const { open, inForce } of this.#upstream.values()) if (inForce !== open) return false;
    return true;
  }

  totals(): GroupTotals {
    const totals = { open: 0, inForceConnections: 0, newOnly: 0, failed: 0, notInForce: 0 };
    for (const { side, open, inForce, failed, access } of this.all()) {
      totals.failed += failed;
      totals.notInForce += open - inForce - failed;
      if (side === 'upstream') continue;
      totals.open += open;
      totals.inForceConnections += inForce;
      totals.newOnly += newOnlyOf(access);
    }
    return totals;
  }

  *all(): Generator<ConnectionGroup> {
    yield* this.#downstream;
    yield* this.#upstream.values();
  }

  #upstreamTarget(key: string): TcpKeepalive {
    const { upstreams, upstreamTcp } = this.#plan;
    return resolveKeepalive(upstreams?.get(key) ?? upstreamTcp, this.#options.system);
  }
}
