// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { SocketOptions } from '../keepalive/socket-options.js';
import { createSweep, type Sweep } from '../keepalive/sweep.js';
import type { BindSet } from '../listeners/bind-set.js';
import type { Connection } from '../listeners/connection.js';
import type { ConnectionGroups } from '../listeners/connection-groups.js';
import type { ConnectionRegistry } from '../listeners/registry.js';
import type { SocketValues } from '../listeners/socket-values.js';
import { UnackedWatchdog } from '../listeners/unacked-watchdog.js';

export interface ValuesKeeperOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly socketOptions: SocketOptions;
  readonly registry: ConnectionRegistry;
  readonly values: SocketValues;
  readonly groups: ConnectionGroups;
  readonly binds: Pick<BindSet, 'audit' | 'inForce'>;
  /** Every socket is read again within this time. */
  readonly auditMs: number;
  /** Every connection that was open at the last `start` was attempted, or has closed. */
  readonly onSwept: () => void;
  readonly onChange: () => void;
}

/** Share of the audit's time that lies between two of them, jitter included; the rest is for their slices. */
const AUDIT_PAUSE_SHARE = 0.9;
const AUDIT_JITTER_SHARE = 0.1;

/**
 * Brings values to open connections after a change, and keeps them there: "in force" is a claim about now, and other
 * processes of the same user can reach our sockets (pidfd_getfd(2)).
 */
export class ValuesKeeper {
  readonly #options: ValuesKeeperOptions;
  readonly #sweep: Sweep;
  readonly #audit: Sweep;
  readonly #watchdog: UnackedWatchdog;
  /** A second pass is made when a socket refused its values in the first. */
  #secondPass = false;
  #auditTimer: Timer | undefined;
  /** Sockets that the audit under way has repaired. */
  #repaired = 0;
  #drifted = 0;
  #sinceMs = 0;

  constructor(options: ValuesKeeperOptions) {
    this.#options = options;
    const { clock, registry, socketOptions, groups } = options;
    const shared = {
      items: registry.connections,
      monotonicMs: () => clock.monotonicMs(),
      nextTurn: (task: () => void) => void setImmediate(task),
    };
    this.#sweep = createSweep({
      ...shared,
      visit: (connection) => this.#bringUpToDate(connection),
      onDone: () => this.#onSweepDone(),
    });
    this.#audit = createSweep({
      ...shared,
      visit: (connection) => this.#check(connection),
      onDone: () => this.#onAuditDone(),
    });
    const { connections } = registry;
    this.#watchdog = new UnackedWatchdog({
      clock,
      socketOptions,
      connections,
      groups: () => groups.all(),
    });
  }

  /** Groups have new values: visits every connection. */
  start(): void {
    this.#secondPass = false;
    this.#sweep.restart();
    this.#watchdog.wakeAll();
    if (this.#auditTimer === undefined) this.#scheduleAudit();
  }

  /** The plan in force is another one: what is in force is so since then. */
  startOver(): void {
    this.#sinceMs = 0;
  }

  /** A connection was registered. */
  onAdded({ group }: Connection): void {
    this.#watchdog.wake(group);
  }

  /** Sockets since the start, listening ones included, whose values another process had changed. */
  get drifted(): number {
    return this.#drifted;
  }

  /** Connections neither in force nor failed nor settling. */
  get unverified(): number {
    return this.#options.groups.totals().notInForce - this.#options.values.settling;
  }

  /** Since when every socket holds the plan's values, wall clock; 0 while one does not. */
  noteInForce(): number {
    const { binds, groups, clock } = this.#options;
    const isInForce = !this.#sweep.running && binds.inForce && groups.upstreamInForce;
    if (!isInForce) this.#sinceMs = 0;
    else if (this.#sinceMs === 0) this.#sinceMs = clock.wallMs();
    return this.#sinceMs;
  }

  stop(): void {
    this.#auditTimer?.cancel();
    this.#watchdog.stop();
    this.#options.values.stop();
  }

  /** The visit of the sweep: everything is read from the group now, so the newest change wins. */
  #bringUpToDate(connection: Connection): void {
    const { clock, registry, values } = this.#options;
    values.bringInForce(connection);
    const { group, driver, http } = connection;
    if (http === group.http) return;
    connection.http = group.http;
    if (driver === undefined || http === undefined || group.http === undefined) return;
    const dueMs = driver.onSettings(http, group.http, clock.monotonicMs());
    registry.schedule(connection, dueMs);
  }

  #onSweepDone(): void {
    if (this.#options.groups.totals().failed > 0 && !this.#secondPass) {
      this.#secondPass = true;
      setImmediate(() => this.#sweep.restart());
      return;
    }
    this.#options.onSwept();
  }

  #scheduleAudit(): void {
    const { auditMs, clock, random } = this.#options;
    const pauseMs = auditMs * (AUDIT_PAUSE_SHARE - AUDIT_JITTER_SHARE * random());
    this.#auditTimer = clock.after(pauseMs, () => {
      this.#repaired = 0;
      this.#noteDrift(this.#options.binds.audit());
      this.#audit.restart();
    });
  }

  #check(connection: Connection): void {
    if (this.#options.values.audit(connection)) this.#noteDrift(1);
  }

  /** The claim was wrong since nobody knows when; it holds again from the repair on. */
  #noteDrift(count: number): void {
    if (count === 0) return;
    this.#repaired += count;
    this.#drifted += count;
    this.#sinceMs = 0;
    this.#options.onChange();
  }

  #onAuditDone(): void {
    if (this.#repaired > 0) {
      const { logger } = this.#options;
      logger.warn(
        { sockets: this.#repaired },
        'another process had changed keepalive values; they were repaired',
      );
    }
    this.#scheduleAudit();
  }
}
