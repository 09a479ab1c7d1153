// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Registry } from 'prom-client';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import { countLeft } from '../access/access-counts.js';
import { type AdmissionOptions, admit } from '../access/admission.js';
import { openDescriptorCalls } from '../keepalive/descriptor-calls.js';
import { openSocketOptions, type SocketOptions } from '../keepalive/socket-options.js';
import { readSystemKeepalive } from '../keepalive/system-keepalive.js';
import { createTimerWheel, type TimerWheel } from '../keepalive/timer-wheel.js';
import type { Bind } from '../listeners/bind.js';
import { BindSet } from '../listeners/bind-set.js';
import { type Connection, endConnection, resetConnection } from '../listeners/connection.js';
import { ConnectionGroups } from '../listeners/connection-groups.js';
import { queryConnections } from '../listeners/connection-query.js';
import { DescriptorBudget, readOpenFileLimit } from '../listeners/descriptor-budget.js';
import { ConnectionRegistry } from '../listeners/registry.js';
import { SocketCloser } from '../listeners/socket-closer.js';
import { SocketValues } from '../listeners/socket-values.js';
import { createAddressRules } from '../proxy/address-rules.js';
import type { ForbiddenPort } from '../proxy/backend-address.js';
import { createDialer, type Dialer } from '../proxy/dial.js';
import { Endpoints } from '../proxy/endpoints.js';
import { Traffic } from '../proxy/traffic.js';
import { Upstreams } from '../proxy/upstreams.js';
import { ApplyRuns } from './apply-runs.js';
import { ConnectionLog } from './connection-log.js';
import { DrainWatch } from './drain-watch.js';
import type { ConnectionQuery, Engine } from './engine.js';
import { DEFAULT_LIMITS, type EngineLimits } from './limits.js';
import { Observer } from './observer.js';
import type { EndpointTable, Plan, TcpKeepalive } from './plan.js';
import type {
  ApplyReport,
  CloseCause,
  ConnectionPage,
  DrainProgress,
  DrainReport,
  EngineSummary,
} from './report.js';
import { ValuesKeeper } from './values-keeper.js';

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
  /** Share of the ordinary ends of connections that is logged, notable ones always; absent: none is. */
  readonly connectionLog?: number | undefined;
  /** Files that the process may have open. Default: its soft RLIMIT_NOFILE. */
  readonly openFileLimit?: number;
  /** What is left out has the default of `DEFAULT_LIMITS`. */
  readonly limits?: Partial<EngineLimits>;
}

const DEFAULT_DRAIN_MS = 30_000;
/** At the end of a drain: time for the peers to acknowledge our FIN before the rest is reset. */
const LAST_LOOK_MS = 1000;
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
  readonly #closer: SocketCloser;
  readonly #descriptors: DescriptorBudget;
  readonly #values: SocketValues;
  readonly #groups: ConnectionGroups;
  readonly #registry: ConnectionRegistry;
  readonly #dialer: Dialer;
  readonly #upstreams: Upstreams;
  readonly #endpoints: Endpoints;
  readonly #traffic: Traffic;
  readonly #admission: AdmissionOptions<Bind>;
  readonly #binds: BindSet;
  readonly #keeper: ValuesKeeper;
  readonly #runs: ApplyRuns;
  readonly #observer: Observer;
  readonly #listeners = new Set<() => void>();
  #version = '';
  #changed = false;
  #draining: (() => void) | undefined;
  #drainWatch: DrainWatch | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { clock, random, logger } = options;
    const socketOptions = this.#socketOptions;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const calls = openDescriptorCalls();
    this.#closer = new SocketCloser({
      clock,
      socketOptions,
      calls,
      onReleased: () => this.#descriptors.check(),
    });
    this.#descriptors = new DescriptorBudget({
      limit: options.openFileLimit ?? readOpenFileLimit(),
      used: () => this.#registry.connections.length + this.#closer.size,
      logger,
      onPause: (isPaused) => this.#binds.pause(isPaused),
    });
    this.#groups = new ConnectionGroups({ system: this.#system, closer: this.#closer });
    this.#values = new SocketValues({
      clock,
      random,
      socketOptions,
      onChange: () => this.#onChanged(),
      probesPerSecond: limits.probesPerSecond,
    });
    this.#wheel = createTimerWheel({
      clock,
      afterPoll: (task) => void setImmediate(task),
      onDue: (connection) => this.#onDue(connection),
    });
    this.#registry = new ConnectionRegistry({
      clock,
      values: this.#values,
      wheel: this.#wheel,
      onAdded: (connection) => {
        this.#keeper.onAdded(connection);
        this.#observer.added(connection);
      },
      onChange: () => this.#onChanged(),
      onClosed: (connection, cause) => this.#onClosed(connection, cause),
    });
    this.#observer = new Observer({
      clock,
      registry: options.registry,
      socketOptions: this.#socketOptions,
      connections: this.#registry.connections,
      groups: () => [...this.#groups.all()],
      summary: () => this.summary(),
      applied: () => this.#values.applied,
      connectionLog: openConnectionLog(options),
      descriptors: this.#descriptors,
    });
    this.#dialer = createDialer({
      registry: this.#registry,
      groupOf: (backend) => this.#groups.ofBackend(backend),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      descriptors: this.#descriptors,
      errors: this.#observer.upstreamErrors,
      logger,
      after: (delayMs, task) => clock.after(delayMs, task),
      rules: createAddressRules({
        allowLocal: options.allowLocalBackends,
        forbidden: options.forbiddenBackendPorts,
        monotonicMs: () => clock.monotonicMs(),
      }),
    });
    this.#upstreams = new Upstreams(this.#dialer, this.#observer.upstreamErrors);
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
      onPing: (connection, outcome) => this.#observer.ping(connection, outcome),
      onCrossed: () => this.#observer.crossed(),
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
      socketOptions,
      closer: this.#closer,
      calls,
      isPaused: () => this.#descriptors.isPaused,
      system: this.#system,
      listenAddresses: options.listenAddresses,
      portOffset: options.portOffset,
      statisticsOf: (key) => this.#observer.statistics.of(key),
      onConnection: (socket, bind) => this.#onConnection(socket, bind),
      onChange: () => this.#onChanged(),
      onRetired: (bind) => this.#retire(bind),
    });
    this.#keeper = new ValuesKeeper({
      clock,
      random,
      logger,
      socketOptions,
      registry: this.#registry,
      values: this.#values,
      groups: this.#groups,
      binds: this.#binds,
      onSwept: () => {
        this.#runs.sweepDone();
        this.#onChanged();
      },
      onChange: () => this.#onChanged(),
      auditMs: limits.auditMs,
    });
    this.#runs = new ApplyRuns({
      clock,
      counts: () => ({
        unverified: this.#keeper.unverified,
        failed: this.#groups.totals().failed,
      }),
    });
  }

  apply(plan: Plan): Promise<ApplyReport> {
    const { run, report } = this.#runs.start(plan.version);
    if (plan.version !== this.#version) this.#keeper.startOver();
    this.#version = plan.version;
    this.#observer.applying(plan);
    const { errors, opened } = this.#binds.change(plan);
    run.errors = errors;
    this.#groups.changeUpstream(plan);
    this.#upstreams.retainPlan(plan);
    void opened.then((warnings) => run.listenersDone(warnings));
    this.#keeper.start();
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
    const inForceSinceMs = this.#keeper.noteInForce();
    const { open, inForceConnections, newOnly, failed } = this.#groups.totals();
    return {
      version: this.#version,
      inForce: inForceSinceMs !== 0,
      inForceSinceMs,
      open,
      inForceConnections,
      settling: this.#values.settling,
      deferred: this.#registry.deferred,
      settingsPending: this.#registry.settingsPending,
      failed,
      unverified: this.#keeper.unverified,
      newOnly,
      drifted: this.#keeper.drifted,
      listeners: this.#binds.describe(),
    };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  drain(graceMs: number, onProgress?: (progress: DrainProgress) => void): Promise<DrainReport> {
    const retire = (closeIdle: boolean): void => {
      for (const { driver } of [...this.#registry.connections]) {
        driver?.retire({ cause: 'drain', closeIdle });
      }
    };
    const closed = this.#binds.closeAll('draining');
    retire(false);
    const { clock } = this.#options;
    const { connections } = this.#registry;
    const watch = new DrainWatch({ clock, graceMs, connections, onProgress });
    this.#drainWatch = watch;
    const timer = clock.after(graceMs, () => {
      watch.hardEnd();
      for (const connection of [...connections]) endConnection(connection, 'drain');
    });
    return new Promise<DrainReport>((resolve) => {
      // Those who were in an accept queue are told too, and a request that is here already is read before its connection counts as idle.
      void closed.then(onePoll).then(() => {
        this.#draining = () => {
          timer.cancel();
          this.#draining = undefined;
          this.#stop(() => resolve(watch.finish()));
        };
        retire(true);
        this.#finishDrain();
      });
    });
  }

  #stop(stopped: () => void): void {
    this.#upstreams.destroy();
    this.#wheel.stop();
    this.#keeper.stop();
    this.#observer.stop();
    void this.#closer.finish(LAST_LOOK_MS).then(stopped);
  }

  #onConnection(socket: Socket, bind: Bind): void {
    this.#groups.note(bind.group);
    const protocol = bind.plan.protocol === 'tcp' ? 'tcp' : 'sniffing';
    const connection = this.#registry.add(socket, bind.group, protocol);
    this.#observer.accepted(connection);
    this.#descriptors.check();
    admit(connection, bind, this.#admission);
  }

  #onClosed(connection: Connection, cause: CloseCause): void {
    const { group, admitted } = connection;
    if (admitted !== 0) countLeft(group.access, admitted);
    this.#observer.closed(connection, cause);
    this.#drainWatch?.closed(connection, cause);
    this.#groups.noteClosed(group);
    this.#descriptors.check();
    this.#finishDrain();
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

  #retire(bind: Bind): void {
    // Those of now: the same port may be open again before the deadline.
    const leaving = this.#registry.connections.filter(({ group }) => group === bind.group);
    for (const { driver } of leaving)
      driver?.retire({ cause: 'listener_removed', closeIdle: false });
    this.#options.clock.after(this.#options.drainMs ?? DEFAULT_DRAIN_MS, () => {
      for (const connection of leaving) {
        if (connection.index !== -1) resetConnection(connection, 'listener_removed');
      }
    });
  }

  /** Tells listeners once per turn of the loop, however much happened in it. */
  #onChanged(): void {
    if (this.#changed) return;
    this.#changed = true;
    setImmediate(() => {
      this.#changed = false;
      if (this.#keeper.noteInForce() !== 0) this.#observer.inForce();
      for (const listener of this.#listeners) listener();
    });
  }
}

/** The second of two turns has a whole poll for events behind it. */
function onePoll(): Promise<void> {
  return new Promise((resolve) => void setImmediate(() => setImmediate(resolve)));
}

function openConnectionLog(options: EngineOptions): ConnectionLog | undefined {
  const { clock, connectionLog: share, logger, random } = options;
  return share === undefined ? undefined : new ConnectionLog({ share, clock, random, logger });
}
