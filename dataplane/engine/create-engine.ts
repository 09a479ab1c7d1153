// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Registry } from 'prom-client';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import { countLeft, newAccessCounts, newOnlyOf } from '../access/access-counts.js';
import { type AdmissionOptions, admit } from '../access/admission.js';
import { openSocketOptions, type SocketOptions } from '../keepalive/socket-options.js';
import { createSweep, type Sweep } from '../keepalive/sweep.js';
import { readSystemKeepalive, resolveKeepalive } from '../keepalive/system-keepalive.js';
import { createTimerWheel, type TimerWheel } from '../keepalive/timer-wheel.js';
import type { Bind } from '../listeners/bind.js';
import { BindSet } from '../listeners/bind-set.js';
import { type Connection, type ConnectionGroup, endConnection } from '../listeners/connection.js';
import { retarget } from '../listeners/connection-group.js';
import { queryConnections } from '../listeners/connection-query.js';
import { ConnectionRegistry } from '../listeners/registry.js';
import { createAddressRules } from '../proxy/address-rules.js';
import type { ForbiddenPort } from '../proxy/backend-address.js';
import { createDialer, type Dialer } from '../proxy/dial.js';
import { Endpoints } from '../proxy/endpoints.js';
import type { StatusCounts } from '../proxy/http-traffic.js';
import { Traffic } from '../proxy/traffic.js';
import { Upstreams } from '../proxy/upstreams.js';
import { ApplyRuns } from './apply-runs.js';
import type { ConnectionQuery, Engine } from './engine.js';
import { createEngineMetrics, type EngineMetrics } from './engine-metrics.js';
import { DEFAULT_LIMITS, type EngineLimits } from './limits.js';
import type { EndpointTable, Plan, TcpKeepalive } from './plan.js';
import type { ApplyReport, CloseCause, ConnectionPage, EngineSummary } from './report.js';

export interface EngineOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Empty: every address of both families, IPv4 alone where there is no IPv6. */
  readonly listenAddresses: readonly string[];
  /** Added to every port when it is bound; port 0 stays 0 (the system chooses). */
  readonly portOffset: number;
  /** Loopback and link-local backends are refused unless this is set. */
  readonly allowLocalBackends: boolean;
  /** Ports of the worker itself and of its control plane: never a backend. */
  readonly forbiddenBackendPorts: readonly ForbiddenPort[];
  /** How long connections of a removed listener may take to end by themselves. Default 30 s. */
  readonly drainMs?: number;
  /** What is left out has the default of `DEFAULT_LIMITS`. */
  readonly limits?: Partial<EngineLimits>;
}

const DEFAULT_DRAIN_MS = 30_000;
/** Long enough for a SYN lost twice (1 + 2 s), short enough for a client that waits. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Builds an engine: nothing is bound and nothing runs before the first `apply`. */
export function createEngine(options: EngineOptions): Engine {
  return new SocketEngine(options);
}

class SocketEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #socketOptions: SocketOptions = openSocketOptions();
  readonly #system: TcpKeepalive = readSystemKeepalive();
  readonly #wheel: TimerWheel<Connection>;
  readonly #registry: ConnectionRegistry;
  readonly #upstreamGroup: ConnectionGroup;
  readonly #dialer: Dialer;
  readonly #upstreams: Upstreams;
  readonly #endpoints: Endpoints;
  readonly #traffic: Traffic;
  readonly #admission: AdmissionOptions<Bind>;
  readonly #binds: BindSet;
  readonly #sweep: Sweep;
  readonly #runs: ApplyRuns;
  readonly #metrics: EngineMetrics;
  readonly #listeners = new Set<() => void>();
  /** The upstream group, and those with open connections. */
  readonly #groups = new Set<ConnectionGroup>();
  /** Answers per bind key; they outlive a bind, as counters must. */
  readonly #statuses = new Map<string, StatusCounts>();
  #version = '';
  #inForceSinceMs = 0;
  #changed = false;
  /** A second pass is made when a socket refused its values in the first. */
  #secondPass = false;
  #draining: (() => void) | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { clock, random, logger } = options;
    const limits: EngineLimits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#upstreamGroup = {
      key: '',
      side: 'upstream',
      target: this.#system,
      generation: 1,
      http: undefined,
      bind: undefined,
      version: '',
      open: 0,
      inForce: 0,
      failed: 0,
      access: newAccessCounts(false),
    };
    this.#groups.add(this.#upstreamGroup);
    this.#metrics = createEngineMetrics(options.registry, {
      groups: () => [...this.#groups].map(({ key, side, open }) => ({ bind: key, side, open })),
      requests: () => [...this.#statuses].map(([bind, statuses]) => ({ bind, statuses })),
      applied: () => this.#registry.applied,
    });
    this.#wheel = createTimerWheel({
      clock,
      afterPoll: (task) => void setImmediate(task),
      onDue: (connection) => this.#onDue(connection),
    });
    this.#registry = new ConnectionRegistry({
      clock,
      socketOptions: this.#socketOptions,
      wheel: this.#wheel,
      onChange: () => this.#onChanged(),
      onClosed: (connection, cause) => this.#onClosed(connection, cause),
    });
    this.#dialer = createDialer({
      registry: this.#registry,
      group: this.#upstreamGroup,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      logger,
      after: (delayMs, task) => clock.after(delayMs, task),
      rules: createAddressRules({
        allowLocal: options.allowLocalBackends,
        forbidden: options.forbiddenBackendPorts,
        monotonicMs: () => clock.monotonicMs(),
      }),
    });
    this.#upstreams = new Upstreams(this.#dialer);
    this.#endpoints = new Endpoints({
      clock,
      random,
      loadOf: (endpoint) => this.#upstreams.loadOf(endpoint),
    });
    this.#traffic = new Traffic({
      clock,
      random,
      limits,
      registry: this.#registry,
      socketOptions: this.#socketOptions,
      dialer: this.#dialer,
      upstreams: this.#upstreams,
      endpoints: this.#endpoints,
      onPing: (outcome) => this.#metrics.ping(outcome),
      onCrossed: () => this.#metrics.crossed(),
    });
    this.#admission = {
      registry: this.#registry,
      handshakeMs: limits.proxyHeaderMs,
      admitted: (connection, bind) => this.#traffic.accept(connection, bind),
    };
    this.#binds = new BindSet({
      clock,
      random,
      logger,
      socketOptions: this.#socketOptions,
      system: this.#system,
      listenAddresses: options.listenAddresses,
      portOffset: options.portOffset,
      statusesOf: (key) => this.#statusesOf(key),
      onConnection: (socket, bind) => this.#onConnection(socket, bind),
      onChange: () => this.#onChanged(),
      onRetired: (bind) => this.#retire(bind),
    });
    this.#sweep = createSweep({
      items: this.#registry.connections,
      visit: (connection) => this.#bringUpToDate(connection),
      monotonicMs: () => clock.monotonicMs(),
      nextTurn: (task) => void setImmediate(task),
      onDone: () => this.#onSweepDone(),
    });
    this.#runs = new ApplyRuns({ clock, counts: () => this.#problemCounts() });
  }

  apply(plan: Plan): Promise<ApplyReport> {
    const { run, report } = this.#runs.start(plan.version);
    if (plan.version !== this.#version) this.#inForceSinceMs = 0;
    this.#version = plan.version;
    const { errors, opened } = this.#binds.change(plan);
    run.errors = errors;
    retarget(this.#upstreamGroup, {
      target: resolveKeepalive(plan.upstreamTcp, this.#system),
      http: undefined,
      version: plan.version,
    });
    this.#upstreams.retainPlan(plan);
    void opened.then((warnings) => run.listenersDone(warnings));
    this.#secondPass = false;
    this.#sweep.restart();
    this.#onChanged();
    return report;
  }

  setEndpoints(endpoints: EndpointTable): void {
    this.#endpoints.replace(endpoints);
    this.#upstreams.retainEndpoints(endpoints);
  }

  query(query: ConnectionQuery): Promise<ConnectionPage> {
    return queryConnections(this.#registry.connections, query, {
      socketOptions: this.#socketOptions,
      monotonicMs: () => this.#options.clock.monotonicMs(),
      nextTurn: (task) => void setImmediate(task),
    });
  }

  summary(): EngineSummary {
    this.#noteInForce();
    let open = 0;
    let inForceConnections = 0;
    let newOnly = 0;
    for (const group of this.#groups) {
      if (group.side === 'upstream') continue;
      open += group.open;
      inForceConnections += group.inForce;
      newOnly += newOnlyOf(group.access);
    }
    const { unverified, failed } = this.#problemCounts();
    return {
      version: this.#version,
      inForce: this.#inForceSinceMs !== 0,
      inForceSinceMs: this.#inForceSinceMs,
      open,
      inForceConnections,
      settling: 0,
      deferred: this.#registry.deferred,
      settingsPending: this.#registry.settingsPending,
      failed,
      unverified,
      newOnly,
      drifted: 0,
      listeners: this.#binds.describe(),
    };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  drain(graceMs: number): Promise<void> {
    this.#binds.closeAll('draining');
    for (const { driver } of [...this.#registry.connections]) {
      driver?.retire({ cause: 'drain', closeIdle: true });
    }
    const timer = this.#options.clock.after(graceMs, () => {
      for (const connection of [...this.#registry.connections]) endConnection(connection, 'drain');
    });
    return new Promise((resolve) => {
      this.#draining = () => {
        timer.cancel();
        this.#draining = undefined;
        this.#upstreams.destroy();
        this.#wheel.stop();
        resolve();
      };
      this.#finishDrain();
    });
  }

  #onConnection(socket: Socket, bind: Bind): void {
    this.#groups.add(bind.group);
    const protocol = bind.plan.protocol === 'tcp' ? 'tcp' : 'sniffing';
    const connection = this.#registry.add(socket, bind.group, protocol);
    admit(connection, bind, this.#admission);
  }

  #onClosed({ group, admitted }: Connection, cause: CloseCause): void {
    if (admitted !== 0) countLeft(group.access, admitted);
    this.#metrics.closed(cause, group.key);
    // A listener that is still there comes back with its next connection.
    if (group.open === 0 && group.side === 'downstream') this.#groups.delete(group);
    this.#finishDrain();
  }

  #statusesOf(key: string): StatusCounts {
    const existing = this.#statuses.get(key);
    if (existing !== undefined) return existing;
    const statuses: StatusCounts = [0, 0, 0, 0, 0, 0];
    this.#statuses.set(key, statuses);
    return statuses;
  }

  #finishDrain(): void {
    if (this.#draining === undefined) return;
    const waiting = this.#registry.connections.some(({ group }) => group.side === 'downstream');
    if (!waiting) this.#draining();
  }

  #onDue(connection: Connection): void {
    if (connection.index === -1 || connection.driver === undefined) return;
    const dueMs = connection.driver.onDeadline(this.#options.clock.monotonicMs());
    this.#registry.schedule(connection, dueMs);
  }

  /** The visit of the sweep: everything is read from the group now, so the newest change wins. */
  #bringUpToDate(connection: Connection): void {
    this.#registry.bringInForce(connection);
    const { group, driver, http } = connection;
    if (http === group.http) return;
    connection.http = group.http;
    if (driver === undefined || http === undefined || group.http === undefined) return;
    const dueMs = driver.onSettings(http, group.http, this.#options.clock.monotonicMs());
    this.#registry.schedule(connection, dueMs);
  }

  #onSweepDone(): void {
    if (this.#problemCounts().failed > 0 && !this.#secondPass) {
      this.#secondPass = true;
      setImmediate(() => this.#sweep.restart());
      return;
    }
    this.#runs.sweepDone();
    this.#onChanged();
  }

  #retire(bind: Bind): void {
    const own = (): Connection[] =>
      this.#registry.connections.filter(({ group }) => group === bind.group);
    for (const { driver } of own()) driver?.retire({ cause: 'listener_removed', closeIdle: false });
    this.#options.clock.after(this.#options.drainMs ?? DEFAULT_DRAIN_MS, () => {
      for (const connection of own()) endConnection(connection, 'listener_removed');
    });
  }

  #problemCounts(): { unverified: number; failed: number } {
    let unverified = 0;
    let failed = 0;
    for (const group of this.#groups) {
      unverified += group.open - group.inForce - group.failed;
      failed += group.failed;
    }
    return { unverified, failed };
  }

  /** Tells listeners once per turn of the loop, however much happened in it. */
  #onChanged(): void {
    if (this.#changed) return;
    this.#changed = true;
    setImmediate(() => {
      this.#changed = false;
      this.#noteInForce();
      for (const listener of this.#listeners) listener();
    });
  }

  #noteInForce(): void {
    const { inForce, open } = this.#upstreamGroup;
    const now = !this.#sweep.running && this.#binds.inForce && inForce === open;
    if (!now) this.#inForceSinceMs = 0;
    else if (this.#inForceSinceMs === 0) this.#inForceSinceMs = this.#options.clock.wallMs();
  }
}
