// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { errnoOf } from '../../shared/errors/heartline-error.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import { type Backoff, createBackoff } from '../../shared/time/backoff.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import { countChange, newAccessCounts } from '../access/access-counts.js';
import {
  type Authorization,
  compileAuthorization,
  sameRules,
} from '../access/network-authorization.js';
import type { AccessRules, BindPlan, TcpKeepalive } from '../engine/plan.js';
import type { ListenerState } from '../engine/report.js';
import type { BindStatistics } from '../engine/statistics.js';
import type { DescriptorCalls } from '../keepalive/descriptor-calls.js';
import { DIFFERS, type SocketOptions } from '../keepalive/socket-options.js';
import { resolveKeepalive } from '../keepalive/target-values.js';
import type { BindTraffic, StatusCounts } from '../proxy/http-traffic.js';
import { compileRoutes, type RouteTable } from '../proxy/route-table.js';
import { drainAcceptQueue } from './accept-queue.js';
import type { ConnectionGroup } from './connection.js';
import { createGroup, retarget } from './connection-group.js';
import { closeAll, type ListeningSocket, listen, queuedConnections } from './listening-socket.js';
import type { SocketCloser } from './socket-closer.js';

export interface BindContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly socketOptions: SocketOptions;
  readonly closer: SocketCloser;
  readonly calls: DescriptorCalls;
  /** No descriptors are left: new sockets must not accept either. */
  readonly isPaused: () => boolean;
  /** Keepalive off, in the system's values. */
  readonly system: TcpKeepalive;
  readonly listenAddresses: readonly string[];
  readonly portOffset: number;
  readonly statisticsOf: (bindKey: string) => BindStatistics;
  readonly onConnection: (socket: Socket, bind: Bind) => void;
  readonly onChange: () => void;
}

/** Where the listening sockets of a bind are: one of these, changed in `#enter` alone. */
type ListenState =
  | { readonly name: 'closed'; readonly reason: string }
  | { readonly name: 'opening'; readonly opened: Promise<string | undefined> }
  | { readonly name: 'listening'; readonly sockets: readonly ListeningSocket[] }
  /** Accepts nobody but those who were in the accept queue. */
  | { readonly name: 'closing'; readonly reason: string; readonly closed: Promise<void> }
  | { readonly name: 'retrying'; readonly reason: string; readonly timer: Timer };

/**
 * One port of the plan: its listening sockets, the values of its connections and its routes. It is
 * created once and changed in place; no change of values, routes or hostnames touches its sockets.
 */
export class Bind implements BindTraffic {
  readonly key: string;
  readonly group: ConnectionGroup;
  readonly statistics: BindStatistics;
  readonly statuses: StatusCounts;
  plan: BindPlan;
  routes: RouteTable;
  /** Undefined: everybody may connect. */
  authorization: Authorization | undefined;
  readonly #context: BindContext;
  readonly #backoff: Backoff;
  #state: ListenState = { name: 'closed', reason: 'not opened yet' };
  /** Why the listening sockets hold other values than the plan's; empty when they do not. */
  #refusedValues = '';

  constructor(plan: BindPlan, version: string, context: BindContext) {
    this.key = plan.key;
    this.statistics = context.statisticsOf(plan.key);
    this.statuses = this.statistics.statuses;
    this.plan = plan;
    this.routes = compileRoutes(plan.listeners);
    this.#context = context;
    this.#backoff = createBackoff({
      initialMs: 500,
      maxMs: 15_000,
      jitter: 0.2,
      random: context.random,
    });
    this.group = createGroup({
      key: plan.key,
      side: 'downstream',
      target: resolveKeepalive(plan.tcp, context.system),
      http: plan.http,
      bind: this,
      version,
      closer: context.closer,
      access: newAccessCounts(plan.access !== undefined),
    });
    this.authorization = plan.access && compileAuthorization(plan.access);
  }

  /**
   * Makes `plan` the current one, listening sockets first; returns the kernel's refusal of its TCP
   * values, in which case the sockets and connections keep the values they had.
   */
  change(plan: BindPlan, version: string): string | undefined {
    const target = resolveKeepalive(plan.tcp, this.#context.system);
    const refusal = this.#writeListening(target, this.group.target);
    // A change of values alone keeps the listeners, and with them the table and its compiled regular expressions.
    if (plan.listeners !== this.plan.listeners) this.routes = compileRoutes(plan.listeners);
    this.#changeAccess(plan.access);
    this.plan = plan;
    retarget(this.group, {
      target: refusal === undefined ? target : this.group.target,
      http: plan.http,
      version,
    });
    return refusal;
  }

  /** New connections are asked by the new rules; open ones stay, because a change closes nothing. */
  #changeAccess(rules: AccessRules | undefined): void {
    if (sameRules(this.plan.access, rules)) return;
    this.authorization = rules && compileAuthorization(rules);
    countChange(this.group.access, rules !== undefined);
  }

  /** Opens or closes the listening sockets as the plan says; settles with the first attempt. */
  async settle(): Promise<string | undefined> {
    const { refusal } = this.plan;
    if (refusal !== undefined) {
      await this.close(`refused: ${refusal.reason}`);
      return undefined;
    }
    if (this.#state.name === 'closed') return this.#open();
    if (this.#state.name === 'opening') return this.#state.opened;
    return this.#state.name === 'retrying' ? this.#state.reason : undefined;
  }

  /** Accepting stops when those in the accept queue are in, which is at once when nobody waits. */
  close(reason: string): Promise<void> {
    const state = this.#state;
    if (state.name === 'closing') return state.closed;
    if (state.name !== 'listening') {
      this.#enter({ name: 'closed', reason });
      return Promise.resolve();
    }
    const { sockets } = state;
    const { clock, socketOptions } = this.#context;
    const options = {
      queued: () => queuedConnections(sockets, socketOptions),
      monotonicMs: () => clock.monotonicMs(),
      nextTurn: (task: () => void) => void setImmediate(task),
    };
    let isClosed = false;
    const closed = new Promise<void>((resolve) => {
      drainAcceptQueue(options, () => {
        closeAll(sockets);
        isClosed = true;
        this.#enter({ name: 'closed', reason });
        resolve();
      });
    });
    if (!isClosed) this.#enter({ name: 'closing', reason, closed });
    return closed;
  }

  get listening(): boolean {
    return this.#state.name === 'listening';
  }

  /** In force: its sockets hold the plan's values, and it listens unless the plan forbids it. */
  get inForce(): boolean {
    const asPlanned = this.listening || this.plan.refusal !== undefined;
    return asPlanned && this.group.inForce === this.group.open && this.#refusedValues === '';
  }

  describe(): ListenerState {
    const state = this.#state;
    const sockets = state.name === 'listening' ? state.sockets : [];
    const notListening = 'reason' in state ? state.reason : '';
    return {
      bindKey: this.plan.key,
      port: this.plan.port,
      addresses: sockets.map((socket) => socket.address),
      listening: this.listening,
      inForce: this.inForce,
      open: this.group.open,
      inForceConnections: this.group.inForce,
      error: notListening === '' ? this.#refusedValues : notListening,
    };
  }

  /** Reads the listening sockets again and repairs what another process changed; returns how many that were. */
  audit(): number {
    if (this.#state.name !== 'listening') return 0;
    const { socketOptions } = this.#context;
    const { target } = this.group;
    let drifted = 0;
    for (const socket of this.#state.sockets) {
      const { fd } = socket;
      if (socketOptions.verify(fd, target) !== DIFFERS) continue;
      drifted += 1;
      const errno = socketOptions.write(fd, target) || socketOptions.verify(fd, target);
      if (errno !== 0) this.#refusedValues = refusedValues(target, errno);
    }
    return drifted;
  }

  /** Stops accepting without refusing anybody, or goes on. */
  pause(isPaused: boolean): void {
    if (this.#state.name !== 'listening') return;
    for (const socket of this.#state.sockets) {
      if (isPaused) socket.pause();
      else socket.resume();
    }
  }

  #open(): Promise<string | undefined> {
    const opened = this.#tryToOpen();
    this.#enter({ name: 'opening', opened });
    return opened;
  }

  async #tryToOpen(): Promise<string | undefined> {
    const { port } = this.plan;
    try {
      const sockets = await listen({
        addresses: this.#context.listenAddresses,
        port: port === 0 ? 0 : port + this.#context.portOffset,
        onConnection: (socket) => this.#context.onConnection(socket, this),
        calls: this.#context.calls,
      });
      return this.#onOpened(sockets);
    } catch (error) {
      return this.#onOpenFailed(error);
    }
  }

  #onOpened(sockets: readonly ListeningSocket[]): string | undefined {
    // Closed while it was opening.
    if (this.#state.name !== 'opening') {
      closeAll(sockets);
      return undefined;
    }
    this.#backoff.reset();
    this.#enter({ name: 'listening', sockets });
    this.#writeListening(this.group.target, this.#context.system);
    if (this.#context.isPaused()) this.pause(true);
    return undefined;
  }

  #onOpenFailed(error: unknown): string | undefined {
    if (this.#state.name !== 'opening') return undefined;
    const delayMs = this.#backoff.nextMs();
    const reason = this.#reasonOf(error);
    const timer = this.#context.clock.after(delayMs, () => {
      this.#enter({ name: 'closed', reason });
      void this.#open();
    });
    this.#enter({ name: 'retrying', reason, timer });
    const { logger } = this.#context;
    logger.warn(
      { bind: this.plan.key, reason, retryMs: Math.round(delayMs) },
      'listener not bound',
    );
    return reason;
  }

  #reasonOf(error: unknown): string {
    const errno = errnoOf(error);
    const port = this.plan.port + this.#context.portOffset;
    if (errno === 'EADDRINUSE') return `port ${port} is in use by another process`;
    if (errno === 'EACCES') return `port ${port} may not be opened by this user`;
    return `port ${port} cannot be opened: ${error instanceof Error ? error.message : String(error)}`;
  }

  /** Writes the listening sockets, reads them back, and restores `fallback` when one refuses. */
  #writeListening(target: TcpKeepalive, fallback: TcpKeepalive): string | undefined {
    this.#refusedValues = '';
    if (this.#state.name !== 'listening') return undefined;
    const { socketOptions } = this.#context;
    for (const socket of this.#state.sockets) {
      const { fd } = socket;
      const errno = socketOptions.write(fd, target) || socketOptions.verify(fd, target);
      if (errno === 0) continue;
      for (const each of this.#state.sockets) {
        socketOptions.write(each.fd, fallback);
      }
      this.#refusedValues = refusedValues(target, errno);
      return this.#refusedValues;
    }
    return undefined;
  }

  #enter(state: ListenState): void {
    if (this.#state.name === 'retrying') this.#state.timer.cancel();
    this.#state = state;
    this.#context.onChange();
  }
}

/** Whether a plan can be put on an existing bind, or needs another socket. */
export function sameSocket(current: BindPlan, next: BindPlan): boolean {
  return current.port === next.port && current.protocol === next.protocol;
}

function refusedValues(values: TcpKeepalive, errno: number): string {
  const { enabled, idleSeconds, intervalSeconds, probes } = values;
  return `the kernel refused keepalive ${enabled ? 'on' : 'off'}, time ${idleSeconds} s, interval ${intervalSeconds} s, retries ${probes} (errno ${errno})`;
}
