// SPDX-License-Identifier: Apache-2.0
import { HeartlineError, toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { EventBody, GatewayRef } from '../../shared/events/event.js';
import { formatNamespacedName } from '../../shared/names/gateway-name.js';
import type { Node__Output } from '../../shared/proto/gen/envoy/config/core/v3/Node.js';
import type { Wire } from '../../shared/proto/wire.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Authenticator } from '../auth/authenticate.js';
import type { Identity } from '../auth/identity.js';
import { failCall, headerOf, type RawStream } from '../auth/rpc-guard.js';
import { bindWorker } from '../auth/worker-binding.js';
import type { Bus } from '../bus/bus.js';
import type { RejectionLedger } from '../fleet/rejection-ledger.js';
import { workerRef } from '../fleet/worker-key.js';
import type { AdmissionLimits } from './admission.js';
import type { Dialect } from './dialect.js';
import { DiscoveryStream, type LiveStream } from './discovery-stream.js';
import { readNode } from './node-identity.js';
import { hostOfPeer } from './peer-host.js';
import { createPublishedCauses, type PublishedCauses } from './published-causes.js';
import { createResponseCache, type ResponseCache } from './response-cache.js';
import type { AnyPlan, AnyRequest } from './type-protocol.js';
import { createWorkerDirectory, type WorkerDirectory } from './worker-directory.js';
import type { WorkerSets } from './worker-sets.js';

export interface DiscoveryOptions {
  readonly sets: WorkerSets;
  readonly bus: Bus;
  readonly wire: Wire;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** How many streams are let in how fast, and for how long; what is absent keeps its default. */
  readonly admission?: Partial<AdmissionLimits>;
  readonly authenticate: Authenticator;
  readonly logger: Logger;
  readonly ledger: Pick<RejectionLedger, 'open'>;
  /** Names this instance in every response (ControlPlane.identifier). */
  readonly instance: string;
  /** A short text that no stream had before: it goes in front of a stream's nonces. */
  readonly newSessionId: () => string;
}

/** One call: before its first message nobody knows who it is; after its end nothing more happens. */
type CallState<Stream> =
  | { readonly phase: 'opening' }
  | { readonly phase: 'open'; readonly stream: Stream }
  | { readonly phase: 'ended' };

/** A call whose first message has come. */
interface Opening<Request extends AnyRequest, Stream, Plan extends AnyPlan> {
  readonly call: RawStream;
  readonly identity: Identity;
  readonly dialect: Dialect<Request, Stream, Plan>;
  readonly node: Node__Output | undefined;
}

/** How often streams are asked whether their workers still answer: one timer for all of them. */
const CHECK_INTERVAL_MS = 1_000;

/** Every live stream of either protocol: admits them, steps them, and pushes to those of a changed gateway. */
export class DiscoveryStreams {
  readonly #options: DiscoveryOptions;
  readonly #cache: ResponseCache;
  readonly #causes: PublishedCauses;
  readonly #directory: WorkerDirectory<LiveStream> = createWorkerDirectory();
  /** Events of pushes, on their way to the bus. */
  readonly #untold: [LiveStream, EventBody[]][] = [];
  #telling: NodeJS.Immediate | undefined;
  #checking: Timer;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#cache = createResponseCache(options.wire, options.instance);
    this.#causes = createPublishedCauses(options.bus);
    this.#checking = options.clock.after(CHECK_INTERVAL_MS, () => this.#checkAll());
  }

  open<Request extends AnyRequest, Stream, Plan extends AnyPlan>(
    call: RawStream,
    identity: Identity,
    dialect: Dialect<Request, Stream, Plan>,
  ): void {
    if (!this.#options.sets.ready()) {
      throw new HeartlineError('UNAVAILABLE', 'the control plane still reads its log; try again');
    }
    let state: CallState<DiscoveryStream<Request, Stream, Plan>> = { phase: 'opening' };
    const end = (reason: string): void => {
      if (state.phase === 'open') this.#lose(state.stream, reason);
      state = { phase: 'ended' };
    };
    const receive = (bytes: Buffer): void => {
      if (state.phase === 'ended' || call.cancelled) return;
      const request = dialect.decode(bytes);
      if (state.phase === 'opening') {
        state = {
          phase: 'open',
          stream: this.#admit({ call, identity, dialect, node: request.node }),
        };
      }
      const bodies = state.stream.receive(request);
      this.#tellAll();
      this.#publish(state.stream, bodies);
    };
    call.on('data', (bytes: Buffer) => {
      try {
        receive(bytes);
      } catch (thrown) {
        const error = toHeartlineError(thrown);
        this.#options.logger.warn({ code: error.code, error: error.message }, 'xds stream ended');
        end(error.message);
        failCall(call, error);
      }
    });
    call.on('end', () => {
      end('the worker ended the stream');
      call.end();
    });
    call.on('cancelled', () => end('the connection is gone'));
    call.on('close', () => end('the stream is closed'));
  }

  /** The target of a gateway changed: all of its streams are written to, and then it is told. */
  retarget(gateway: GatewayRef, typeUrls?: readonly string[]): void {
    for (const stream of this.#directory.ofGateway(gateway)) {
      const bodies = this.#retargetOne(stream, typeUrls);
      if (bodies.length > 0) this.#untold.push([stream, bodies]);
    }
    // What was written leaves the process in the microtasks that follow; a thousand events before them would hold it up.
    if (this.#untold.length > 0) this.#telling ??= setImmediate(() => this.#tellAll());
  }

  stop(): void {
    this.#checking.cancel();
    for (const stream of [...this.#directory.all()]) {
      this.#end(stream, new HeartlineError('UNAVAILABLE', 'the control plane is shutting down'));
    }
    this.#tellAll();
    this.#causes.stop();
  }

  /** Also called before anything else is told, so that no event overtakes another. */
  #tellAll(): void {
    clearImmediate(this.#telling);
    this.#telling = undefined;
    for (const [stream, bodies] of this.#untold.splice(0)) this.#publish(stream, bodies);
  }

  #checkAll(): void {
    this.#checking = this.#options.clock.after(CHECK_INTERVAL_MS, () => this.#checkAll());
    for (const stream of [...this.#directory.all()]) {
      try {
        this.#publish(stream, stream.check());
      } catch (thrown) {
        const error = toHeartlineError(thrown);
        const { nodeId } = stream.worker;
        this.#options.logger.warn({ worker: nodeId, code: error.code }, 'worker does not answer');
        this.#end(stream, error);
      }
    }
  }

  /** A stream that cannot be served must not keep the others from their update. */
  #retargetOne(stream: LiveStream, typeUrls: readonly string[] | undefined): EventBody[] {
    try {
      return stream.retarget(typeUrls);
    } catch (thrown) {
      const error = toHeartlineError(thrown);
      const { nodeId } = stream.worker;
      this.#options.logger.error({ worker: nodeId, err: error }, 'update could not be written');
      this.#end(stream, error);
      return [];
    }
  }

  #admit<Request extends AnyRequest, Stream, Plan extends AnyPlan>(
    opening: Opening<Request, Stream, Plan>,
  ): DiscoveryStream<Request, Stream, Plan> {
    const { bus, clock, ledger, logger, newSessionId, sets } = this.#options;
    const { call, identity, dialect, node } = opening;
    const { build, nodeId, gateway, pod } = readNode(node);
    const bound = bindWorker(identity, headerOf(call.metadata, 'clusterid'), gateway);
    const worker = workerRef(identity.name, bound, nodeId);
    const address = call.getPeer();
    const stream = new DiscoveryStream({
      ...{ call, clock, dialect, worker, sets },
      host: hostOfPeer(address),
      sessionId: newSessionId(),
      cache: this.#cache,
      ledger: ledger.open(worker, build),
    });
    const replaced = this.#directory.admit(stream);
    if (replaced !== undefined) this.#replace(replaced);
    const connected = { type: 'worker-connected', worker, pod, address, build } as const;
    bus.publish(connected, { step: stream.nextStep() });
    const named = { worker: nodeId, gateway: formatNamespacedName(bound), address };
    logger.info(named, 'worker connected');
    return stream;
  }

  #replace(stream: LiveStream): void {
    const { nodeId } = stream.worker;
    const message = `a newer stream of worker "${nodeId}" replaced this one`;
    this.#end(stream, new HeartlineError('ALREADY_EXISTS', message, { subject: nodeId }));
  }

  #end(stream: LiveStream, error: HeartlineError): void {
    this.#lose(stream, error.message);
    stream.fail(error);
  }

  #lose(stream: LiveStream, reason: string): void {
    if (!this.#directory.leave(stream)) return;
    this.#tellAll();
    const { worker } = stream;
    this.#options.logger.info({ worker: worker.nodeId, reason }, 'worker lost');
    this.#options.bus.publish({ type: 'worker-lost', worker, reason }, { step: stream.nextStep() });
  }

  #publish(stream: LiveStream, bodies: readonly EventBody[]): void {
    for (const body of bodies) {
      if (body.type === 'rejected') this.#logRejection(body);
      const label = 'label' in body ? body.label : '';
      const cause = this.#causes.of(stream.worker.gateway, label);
      this.#options.bus.publish(body, { cause, step: stream.nextStep() });
    }
  }

  #logRejection(body: EventBody & { type: 'rejected' }): void {
    const { label, problems, worker } = body;
    this.#options.logger.warn({ worker: worker.nodeId, label, problems }, 'worker rejected');
  }
}
