// SPDX-License-Identifier: Apache-2.0
import { toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { Node } from '../../shared/proto/gen/envoy/config/core/v3/Node.js';
import type { DeltaDiscoveryResponse__Output as DeltaResponse } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import type { Wire } from '../../shared/proto/wire.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import { createBackoff } from '../../shared/time/backoff.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Diagnostic } from '../state/diagnostic.js';
import type { Connect, Connection, PingOptions, RawStream, StreamEnd } from './connection.js';
import {
  answer,
  firstRequests,
  isSynced,
  newSession,
  openStream,
  receive,
  type Session,
  type Ticket,
} from './session.js';
import { adviceFor, classifyEnd, INTERNAL, UNAVAILABLE } from './stream-end.js';
import type { XdsMetrics } from './xds-metrics.js';

const DELTA_PATH =
  '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';

export interface XdsClientOptions {
  /** `host:port` of the control plane. */
  readonly address: string;
  readonly node: Node;
  readonly typeUrls: readonly string[];
  readonly wire: Pick<Wire, 'deltaRequest' | 'deltaResponse'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: XdsMetrics;
  readonly connect: Connect;
  /** Headers of each new stream; may throw HeartlineError, which counts as a failed attempt. */
  readonly headers: () => ReadonlyMap<string, string>;
  /** Asked before each attempt. */
  readonly ping: () => PingOptions;
  /** Versions held of a type, by resource name. */
  readonly held: (typeUrl: string) => ReadonlyMap<string, string>;
  /**
   * Called in order, synchronously, with each response of a requested type. Its answer is sent when the promise settles; the next
   * response is handled meanwhile.
   */
  readonly handle: (response: DeltaResponse) => Promise<readonly Diagnostic[]>;
  /** Every requested type has been answered for the first time. */
  readonly onSynced: () => void;
  /** The first message of a stream came; the function returned is called when that stream ends. */
  readonly onServed: (connection: Connection) => () => void;
}

export interface XdsStatus {
  readonly address: string;
  readonly phase: Phase['name'];
  /** Wall clock, milliseconds; when this phase began. */
  readonly sinceMs: number;
  /** What ended the last stream; empty when none has ended. */
  readonly lastEnd: string;
}

type Phase =
  | { readonly name: 'stopped' }
  | { readonly name: 'connecting' | 'streaming'; readonly stream: LiveStream }
  | { readonly name: 'waiting'; readonly timer: Timer };

interface LiveStream {
  readonly connection: Connection;
  readonly raw: RawStream;
  readonly startedMs: number;
  readonly connectTimer: Timer;
  messages: number;
  stopServed: () => void;
}

/** The reference proxy's limits. */
const FIRST_RETRY_MS = 10;
const LAST_RETRY_MS = 15_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** After a goodbye; spread, because a control plane that goes says it to its whole fleet at once. */
const GOODBYE_MIN_MS = 10;
const GOODBYE_SPREAD_MS = 240;
/** An outage is said once; after that a reminder at this distance. */
const REMIND_MS = 60_000;

/** Keeps one delta ADS stream to the control plane, for as long as the worker lives. */
export class XdsClient {
  readonly #options: XdsClientOptions;
  readonly #backoff;
  #session: Session;
  #phase: Phase = { name: 'stopped' };
  #phaseSinceMs: number;
  #lastEnd = '';
  #lastLog = { text: '', atMs: Number.NEGATIVE_INFINITY };

  constructor(options: XdsClientOptions) {
    this.#options = options;
    this.#session = newSession(options.typeUrls);
    this.#phaseSinceMs = options.clock.wallMs();
    this.#backoff = createBackoff({
      initialMs: FIRST_RETRY_MS,
      maxMs: LAST_RETRY_MS,
      jitter: 0.5,
      random: options.random,
    });
  }

  start(): void {
    if (this.#phase.name === 'stopped') this.#connect();
  }

  /** Ends the stream and every attempt to get another. */
  stop(): void {
    const phase = this.#phase;
    this.#enter({ name: 'stopped' });
    switch (phase.name) {
      case 'stopped':
        return;
      case 'waiting':
        phase.timer.cancel();
        return;
      case 'connecting':
      case 'streaming':
        this.#release(phase.stream);
        return;
      default:
        unreachable(phase);
    }
  }

  status(): XdsStatus {
    return {
      address: this.#options.address,
      phase: this.#phase.name,
      sinceMs: this.#phaseSinceMs,
      lastEnd: this.#lastEnd,
    };
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseSinceMs = this.#options.clock.wallMs();
    this.#options.metrics.connected.set(phase.name === 'streaming' ? 1 : 0);
  }

  #connect(): void {
    const { address, clock, connect, headers, node, held, ping, wire } = this.#options;
    let sentHeaders: ReadonlyMap<string, string>;
    try {
      sentHeaders = headers();
    } catch (thrown) {
      const { message, subject } = toHeartlineError(thrown);
      this.#retry('no-token', { message, subject }, 'cannot connect to the control plane');
      return;
    }
    const connection = connect({ address, ping: ping() });
    this.#session = openStream(this.#session);
    const raw = connection.open(DELTA_PATH, sentHeaders, {
      onMessage: (bytes) => this.#receive(stream, bytes),
      onEnd: (end) => this.#ended(stream, end),
    });
    const stream: LiveStream = {
      connection,
      raw,
      startedMs: clock.monotonicMs(),
      connectTimer: clock.after(CONNECT_TIMEOUT_MS, () => {
        const details = `no connection within ${CONNECT_TIMEOUT_MS} ms`;
        if (!connection.isReady()) this.#ended(stream, { code: UNAVAILABLE, details });
      }),
      messages: 0,
      stopServed: () => undefined,
    };
    this.#enter({ name: 'connecting', stream });
    for (const request of firstRequests(this.#session, node, held)) {
      raw.send(wire.deltaRequest.encode(request));
    }
  }

  #receive(stream: LiveStream, bytes: Buffer): void {
    if (!this.#isLive(stream)) return;
    const { metrics, logger, handle, onServed, wire } = this.#options;
    let response: DeltaResponse;
    try {
      response = wire.deltaResponse.decode(bytes);
    } catch (thrown) {
      // Without a nonce it cannot be refused; a new stream starts from what is held.
      logger.error({ err: thrown, bytes: bytes.length }, 'response is not readable, reconnecting');
      this.#ended(stream, { code: INTERNAL, details: 'unreadable response' });
      return;
    }
    stream.messages += 1;
    const { typeUrl = '', nonce = '' } = response;
    if (stream.messages === 1) {
      this.#backoff.reset();
      this.#enter({ name: 'streaming', stream });
      this.#lastLog = { text: '', atMs: Number.NEGATIVE_INFINITY };
      const controlPlane = response.controlPlane?.identifier;
      logger.info({ address: this.#options.address, controlPlane }, 'control plane connected');
      stream.stopServed = onServed(stream.connection);
    }
    const { session, ticket, known } = receive(this.#session, typeUrl, nonce);
    this.#session = session;
    const labels = { type_url: known ? typeUrl : 'other' };
    metrics.messages.inc(labels);
    metrics.messageBytes.inc(labels, bytes.length);
    metrics.resources.inc(labels, response.resources.length + response.removedResources.length);
    if (!known) {
      logger.warn({ typeUrl }, 'response of a type that was not requested');
      this.#answer(stream, ticket, []);
      return;
    }
    handle(response).then(
      (diagnostics) => this.#answer(stream, ticket, diagnostics),
      (thrown: unknown) => {
        const { message } = toHeartlineError(thrown);
        logger.error({ err: thrown, typeUrl }, 'response could not be applied');
        const failed = response.resources.map(({ name = '' }) => name);
        const keys = failed.length > 0 ? failed : [''];
        this.#answer(
          stream,
          ticket,
          keys.map((key) => ({ key, severity: 'error', message })),
        );
      },
    );
  }

  #answer(stream: LiveStream, ticket: Ticket, diagnostics: readonly Diagnostic[]): void {
    const wasSynced = isSynced(this.#session);
    const { session, request } = answer(this.#session, ticket, diagnostics);
    this.#session = session;
    if (request !== undefined && this.#isLive(stream)) {
      stream.raw.send(this.#options.wire.deltaRequest.encode(request));
    }
    if (!wasSynced && isSynced(session)) this.#options.onSynced();
  }

  #ended(stream: LiveStream, end: StreamEnd): void {
    if (!this.#isLive(stream)) return;
    this.#release(stream);
    const { clock, metrics, logger, random } = this.#options;
    const livedMs = clock.monotonicMs() - stream.startedMs;
    const kind = classifyEnd({ end, livedMs, messages: stream.messages });
    this.#lastEnd = `${end.code} ${end.details}`;
    if (kind === 'failure') {
      this.#retry('failure', { code: end.code, details: end.details }, adviceFor(end));
      return;
    }
    metrics.terminations.inc({ reason: 'goodbye' });
    logger.info({ details: end.details }, 'control plane said goodbye, reconnecting');
    this.#wait(GOODBYE_MIN_MS + GOODBYE_SPREAD_MS * random());
  }

  #retry(reason: string, fields: object, sentence: string): void {
    const { address, metrics } = this.#options;
    metrics.terminations.inc({ reason });
    const retryInMs = Math.max(1, Math.round(this.#backoff.nextMs()));
    this.#logOutage({ ...fields, address, retryInMs }, sentence);
    this.#wait(retryInMs);
  }

  #wait(delayMs: number): void {
    this.#enter({
      name: 'waiting',
      timer: this.#options.clock.after(delayMs, () => this.#connect()),
    });
  }

  #logOutage(fields: object, sentence: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    const repeated = this.#lastLog.text === sentence && nowMs - this.#lastLog.atMs < REMIND_MS;
    if (!repeated) this.#lastLog = { text: sentence, atMs: nowMs };
    this.#options.logger[repeated ? 'debug' : 'warn'](fields, sentence);
  }

  #isLive(stream: LiveStream): boolean {
    const phase = this.#phase;
    return (phase.name === 'connecting' || phase.name === 'streaming') && phase.stream === stream;
  }

  #release(stream: LiveStream): void {
    stream.connectTimer.cancel();
    stream.stopServed();
    stream.raw.cancel();
    stream.connection.close();
  }
}

function unreachable(phase: never): void {
  throw new Error(`no such phase: ${JSON.stringify(phase)}`);
}
