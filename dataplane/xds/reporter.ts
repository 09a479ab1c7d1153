// SPDX-License-Identifier: Apache-2.0
import type { ControlMessage__Output } from '../../shared/proto/gen/heartline/fleet/v1/ControlMessage.js';
import type { TunnelFrame } from '../../shared/proto/gen/heartline/fleet/v1/TunnelFrame.js';
import type { WorkerMessage } from '../../shared/proto/gen/heartline/fleet/v1/WorkerMessage.js';
import type { Wire } from '../../shared/proto/wire.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import { createBackoff } from '../../shared/time/backoff.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Engine } from '../engine/engine.js';
import { MAX_TUNNELS, type WorkerTunnels } from '../tunnel/worker-tunnels.js';
import type { Connection, RawStream, StreamEnd } from './connection.js';
import { inForceReport, nextReportMs } from './in-force-report.js';
import { nodeId, type WorkerIdentity } from './node-identity.js';
import { UNIMPLEMENTED } from './stream-end.js';

const FLEET_PATH = '/heartline.fleet.v1.Fleet/Connect';

export interface ReporterOptions {
  readonly identity: WorkerIdentity;
  /** Wall clock, milliseconds, when this process started. */
  readonly startedAtMs: number;
  /** Where the worker's own HTTP ports are; asked when a stream is opened. */
  readonly place: () => WorkerPlace;
  readonly engine: Pick<Engine, 'summary' | 'onChange'>;
  /** The tunnels of a new fleet stream, whose frames go out by `send`. */
  readonly openTunnels: (send: (frame: TunnelFrame) => void) => WorkerTunnels;
  readonly wire: Pick<Wire, 'workerMessage' | 'controlMessage'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly headers: () => ReadonlyMap<string, string>;
  /** The control plane has no fleet stream: it is not one of ours. */
  readonly onForeign: () => void;
}

/** What the control plane shows about where this worker runs. */
export interface WorkerPlace {
  readonly nodeName: string;
  readonly podIp: string;
  readonly adminPort: number;
  readonly statsPort: number;
  readonly readinessPort: number;
}

type Phase =
  | { readonly name: 'stopped' }
  | { readonly name: 'greeting'; readonly raw: RawStream }
  | {
      readonly name: 'reporting';
      readonly raw: RawStream;
      readonly sessionId: string;
      readonly tunnels: WorkerTunnels;
    }
  | { readonly name: 'waiting'; readonly timer: Timer };

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 15_000;

/** Reports what is in force over one connection, from its first xDS message to its end; returns the function that stops it. */
export function startReporter(options: ReporterOptions, connection: Connection): () => void {
  const reporter = new Reporter(options, connection);
  reporter.start();
  return () => reporter.stop();
}

class Reporter {
  readonly #options: ReporterOptions;
  readonly #connection: Connection;
  readonly #backoff;
  readonly #unsubscribe: () => void;
  #phase: Phase = { name: 'stopped' };
  #due: Timer | undefined;
  #sequence = 0;
  #lastSentMs: number | undefined;
  #changedMs: number | undefined;

  constructor(options: ReporterOptions, connection: Connection) {
    this.#options = options;
    this.#connection = connection;
    this.#backoff = createBackoff({
      initialMs: FIRST_RETRY_MS,
      maxMs: LAST_RETRY_MS,
      jitter: 0.5,
      random: options.random,
    });
    this.#unsubscribe = options.engine.onChange(() => this.#changed());
  }

  start(): void {
    const { identity, place, startedAtMs, headers, wire } = this.#options;
    let sentHeaders: ReadonlyMap<string, string>;
    try {
      sentHeaders = headers();
    } catch (thrown) {
      this.#options.logger.warn({ err: thrown }, 'cannot open the fleet stream');
      this.#wait();
      return;
    }
    const raw = this.#connection.open(FLEET_PATH, sentHeaders, {
      onMessage: (bytes) => this.#receive(raw, bytes),
      onEnd: (end) => this.#ended(raw, end),
    });
    this.#phase = { name: 'greeting', raw };
    const hello = {
      nodeId: nodeId(identity),
      cluster: identity.cluster,
      gatewayNamespace: identity.gateway.namespace,
      gatewayName: identity.gateway.name,
      build: identity.build,
      podNamespace: identity.pod.namespace,
      podName: identity.pod.name,
      startedAtUnixMs: Math.round(startedAtMs),
      ...place(),
      maxTunnels: MAX_TUNNELS,
    };
    raw.send(wire.workerMessage.encode({ hello }));
  }

  stop(): void {
    const phase = this.#phase;
    this.#phase = { name: 'stopped' };
    this.#unsubscribe();
    this.#due?.cancel();
    if (phase.name === 'waiting') phase.timer.cancel();
    if (phase.name === 'reporting') phase.tunnels.close();
    if (phase.name === 'greeting' || phase.name === 'reporting') phase.raw.cancel();
  }

  #receive(raw: RawStream, bytes: Buffer): void {
    const phase = this.#phase;
    if ((phase.name !== 'greeting' && phase.name !== 'reporting') || phase.raw !== raw) return;
    const message = this.#read(bytes);
    if (phase.name === 'greeting') this.#welcome(raw, message?.welcome?.sessionId);
    else if (message?.tunnel !== undefined) phase.tunnels.receive(message.tunnel);
  }

  #welcome(raw: RawStream, sessionId: string | undefined): void {
    if (sessionId === undefined) {
      raw.cancel();
      return;
    }
    const { openTunnels, wire } = this.#options;
    const tunnels = openTunnels((tunnel) => raw.send(wire.workerMessage.encode({ tunnel })));
    this.#backoff.reset();
    this.#sequence = 0;
    this.#lastSentMs = undefined;
    this.#phase = { name: 'reporting', raw, sessionId, tunnels };
    this.#schedule();
  }

  #read(bytes: Buffer): ControlMessage__Output | undefined {
    try {
      return this.#options.wire.controlMessage.decode(bytes);
    } catch (thrown) {
      this.#options.logger.warn({ err: thrown }, 'the fleet stream sent an unreadable message');
      return undefined;
    }
  }

  /** Later changes are in the report that the first one has scheduled. */
  #changed(): void {
    if (this.#changedMs !== undefined) return;
    this.#changedMs = this.#options.clock.monotonicMs();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#phase.name !== 'reporting') return;
    this.#due?.cancel();
    const { clock, engine } = this.#options;
    const dueMs = nextReportMs({
      lastSentMs: this.#lastSentMs,
      changedMs: this.#changedMs,
      inForce: engine.summary().inForce,
    });
    const delayMs = dueMs - clock.monotonicMs();
    if (delayMs <= 0) this.#report();
    else this.#due = clock.after(delayMs, () => this.#schedule());
  }

  #report(): void {
    if (this.#phase.name !== 'reporting') return;
    const { clock, engine, wire } = this.#options;
    this.#sequence += 1;
    this.#lastSentMs = clock.monotonicMs();
    this.#changedMs = undefined;
    const inForce = inForceReport(engine.summary(), {
      sessionId: this.#phase.sessionId,
      sequence: this.#sequence,
      observedAtUnixMs: Math.round(clock.wallMs()),
    });
    const message: WorkerMessage = { inForce };
    this.#phase.raw.send(wire.workerMessage.encode(message));
    this.#schedule();
  }

  #ended(raw: RawStream, end: StreamEnd): void {
    const phase = this.#phase;
    if ((phase.name !== 'greeting' && phase.name !== 'reporting') || phase.raw !== raw) return;
    this.#due?.cancel();
    if (phase.name === 'reporting') phase.tunnels.close();
    const { logger, onForeign } = this.#options;
    if (end.code === UNIMPLEMENTED) {
      logger.debug({ details: end.details }, 'the control plane has no fleet stream');
      this.stop();
      onForeign();
      return;
    }
    logger.debug({ code: end.code, details: end.details }, 'the fleet stream ended');
    this.#wait();
  }

  #wait(): void {
    const delayMs = this.#backoff.nextMs();
    const timer = this.#options.clock.after(delayMs, () => this.start());
    this.#phase = { name: 'waiting', timer };
  }
}
