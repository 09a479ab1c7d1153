// SPDX-License-Identifier: Apache-2.0
import { HeartlineError, toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { EventBody, GatewayRef } from '../../shared/events/event.js';
import { formatNamespacedName } from '../../shared/names/gateway-name.js';
import type { DeltaDiscoveryRequest__Output } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js';
import type { Wire } from '../../shared/proto/wire.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Authenticator } from '../auth/authenticate.js';
import type { Identity } from '../auth/identity.js';
import { failCall, headerOf, type RawStream } from '../auth/rpc-guard.js';
import { bindWorker } from '../auth/worker-binding.js';
import type { Bus } from '../bus/bus.js';
import { workerRef } from '../fleet/worker-key.js';
import type { SnapshotSource } from '../release/releases.js';
import { DiscoveryStream } from './discovery-stream.js';
import { readNode } from './node-identity.js';
import { hostOfPeer } from './peer-host.js';
import { createPublishedCauses, type PublishedCauses } from './published-causes.js';
import { createResponseCache, type ResponseCache } from './response-cache.js';
import { createWorkerDirectory, type WorkerDirectory } from './worker-directory.js';

export interface DiscoveryOptions {
  readonly source: SnapshotSource;
  readonly bus: Bus;
  readonly wire: Wire;
  readonly authenticate: Authenticator;
  readonly logger: Logger;
  /** Names this instance in every response (ControlPlane.identifier). */
  readonly instance: string;
  /** A short text that no stream had before: it goes in front of a stream's nonces. */
  readonly newSessionId: () => string;
}

/** One call: before its first message nobody knows who it is; after its end nothing more happens. */
type CallState =
  | { readonly phase: 'opening' }
  | { readonly phase: 'open'; readonly stream: DiscoveryStream }
  | { readonly phase: 'ended' };

/** Every live delta stream: admits them, steps them, and pushes to those of a changed gateway. */
export class DiscoveryStreams {
  readonly #options: DiscoveryOptions;
  readonly #cache: ResponseCache;
  readonly #causes: PublishedCauses;
  readonly #directory: WorkerDirectory<DiscoveryStream> = createWorkerDirectory();
  /** Events of pushes, on their way to the bus. */
  readonly #untold: [DiscoveryStream, EventBody[]][] = [];
  #telling: NodeJS.Immediate | undefined;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#cache = createResponseCache(options.wire, options.instance);
    this.#causes = createPublishedCauses(options.bus);
  }

  open(call: RawStream, identity: Identity): void {
    if (!this.#options.source.ready()) {
      throw new HeartlineError('UNAVAILABLE', 'the control plane still reads its log; try again');
    }
    let state: CallState = { phase: 'opening' };
    const end = (reason: string): void => {
      if (state.phase === 'open') this.#lose(state.stream, reason);
      state = { phase: 'ended' };
    };
    const receive = (bytes: Buffer): void => {
      if (state.phase === 'ended' || call.cancelled) return;
      const request = this.#options.wire.deltaRequest.decode(bytes);
      if (state.phase === 'opening') {
        state = { phase: 'open', stream: this.#admit(call, identity, request) };
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
  retarget(gateway: GatewayRef): void {
    for (const stream of this.#directory.ofGateway(gateway)) {
      const bodies = this.#retargetOne(stream);
      if (bodies.length > 0) this.#untold.push([stream, bodies]);
    }
    // What was written leaves the process in the microtasks that follow; a thousand events before them would hold it up.
    if (this.#untold.length > 0) this.#telling ??= setImmediate(() => this.#tellAll());
  }

  stop(): void {
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

  /** A stream that cannot be served must not keep the others from their update. */
  #retargetOne(stream: DiscoveryStream): EventBody[] {
    try {
      return stream.retarget();
    } catch (thrown) {
      const error = toHeartlineError(thrown);
      const { nodeId } = stream.worker;
      this.#options.logger.error({ worker: nodeId, err: error }, 'update could not be written');
      this.#end(stream, error);
      return [];
    }
  }

  #admit(
    call: RawStream,
    identity: Identity,
    request: DeltaDiscoveryRequest__Output,
  ): DiscoveryStream {
    const { bus, logger, newSessionId, source } = this.#options;
    const { nodeId, gateway, pod } = readNode(request.node);
    const bound = bindWorker(identity, headerOf(call.metadata, 'clusterid'), gateway);
    const worker = workerRef(identity.name, bound, nodeId);
    const address = call.getPeer();
    const stream = new DiscoveryStream({
      ...{ call, worker, source },
      host: hostOfPeer(address),
      sessionId: newSessionId(),
      cache: this.#cache,
    });
    const replaced = this.#directory.admit(stream);
    if (replaced !== undefined) this.#replace(replaced);
    bus.publish({ type: 'worker-connected', worker, pod, address }, { step: stream.nextStep() });
    const named = { worker: nodeId, gateway: formatNamespacedName(bound), address };
    logger.info(named, 'worker connected');
    return stream;
  }

  #replace(stream: DiscoveryStream): void {
    const { nodeId } = stream.worker;
    const message = `a newer stream of worker "${nodeId}" replaced this one`;
    this.#end(stream, new HeartlineError('ALREADY_EXISTS', message, { subject: nodeId }));
  }

  #end(stream: DiscoveryStream, error: HeartlineError): void {
    this.#lose(stream, error.message);
    stream.fail(error);
  }

  #lose(stream: DiscoveryStream, reason: string): void {
    if (!this.#directory.leave(stream)) return;
    this.#tellAll();
    const { worker } = stream;
    this.#options.logger.info({ worker: worker.nodeId, reason }, 'worker lost');
    this.#options.bus.publish({ type: 'worker-lost', worker, reason }, { step: stream.nextStep() });
  }

  #publish(stream: DiscoveryStream, bodies: readonly EventBody[]): void {
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
