// SPDX-License-Identifier: Apache-2.0
import { HeartlineError, toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { EventBody, WorkerRef } from '../../shared/events/event.js';
import { formatNamespacedName } from '../../shared/names/gateway-name.js';
import type { Hello__Output } from '../../shared/proto/gen/heartline/fleet/v1/Hello.js';
import type { InForceReport__Output } from '../../shared/proto/gen/heartline/fleet/v1/InForceReport.js';
import type { Wire } from '../../shared/proto/wire.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Authenticator } from '../auth/authenticate.js';
import type { Identity } from '../auth/identity.js';
import { failCall, type RawStream } from '../auth/rpc-guard.js';
import { bindWorker } from '../auth/worker-binding.js';
import type { Bus } from '../bus/bus.js';
import type { TunnelBroker, TunnelLink } from '../port-forward/tunnel-broker.js';
import type { FleetRegistry } from './registry.js';
import {
  type InForceBody,
  openReportSession,
  type ReportSession,
  takeReport,
} from './report-session.js';
import { workerRef } from './worker-key.js';
import { placeOf } from './worker-place.js';

export interface FleetStreamOptions {
  readonly bus: Bus;
  readonly wire: Wire;
  readonly authenticate: Authenticator;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Which workers have an xDS stream: reports of others wait for it. */
  readonly registry: Pick<FleetRegistry, 'findLive'>;
  /** Byte streams to workers, carried by their fleet streams. */
  readonly tunnels: Pick<TunnelBroker, 'attach'>;
  /** The same text as ControlPlane.identifier of xDS. */
  readonly instance: string;
  readonly newSessionId: () => string;
}

/** Before Hello nobody knows whose stream it is; a stream that ended or was replaced says nothing more. */
type CallState =
  | { readonly phase: 'opening' }
  | { readonly phase: 'open'; readonly session: ReportSession }
  | { readonly phase: 'ended' };

/** A live stream; what is `described` and `held` waits until the worker's xDS stream makes it known. */
interface LiveStream {
  readonly call: RawStream;
  readonly tunnels: TunnelLink;
  described: EventBody | undefined;
  held: InForceBody | undefined;
}

export class FleetStreams {
  readonly #options: FleetStreamOptions;
  /** By worker key: one stream per worker, the newest. */
  readonly #live = new Map<string, LiveStream>();
  readonly #stopWatching: () => void;

  constructor(options: FleetStreamOptions) {
    this.#options = options;
    this.#stopWatching = options.bus.subscribe((event) => {
      if (event.type === 'worker-connected') this.#release(event.worker);
    });
  }

  open(call: RawStream, identity: Identity): void {
    let state: CallState = { phase: 'opening' };
    const receive = (bytes: Buffer): void => {
      const message = this.#options.wire.workerMessage.decode(bytes);
      if (message.hello !== undefined) {
        if (state.phase === 'open') throw unexpected('a second Hello on one stream');
        state = { phase: 'open', session: this.#welcome(call, identity, message.hello) };
      } else if (message.inForce !== undefined) {
        if (state.phase !== 'open') throw unexpected('a report before Hello');
        state = { phase: 'open', session: this.#report(call, state.session, message.inForce) };
      } else if (message.tunnel !== undefined) {
        if (state.phase !== 'open') throw unexpected('a tunnel frame before Hello');
        const live = this.#live.get(state.session.worker.key);
        if (live?.call === call) live.tunnels.receive(message.tunnel);
      }
    };
    const end = (): void => {
      if (state.phase === 'open') this.#leave(state.session.worker, call);
      state = { phase: 'ended' };
    };
    call.on('data', (bytes: Buffer) => {
      if (state.phase === 'ended') return;
      try {
        receive(bytes);
      } catch (thrown) {
        const { code, message } = toHeartlineError(thrown);
        this.#options.logger.warn(
          { peer: call.getPeer(), code, error: message },
          'fleet stream ended',
        );
        end();
        failCall(call, thrown);
      }
    });
    call.on('end', () => {
      end();
      call.end();
    });
    call.on('cancelled', end);
    call.on('close', end);
  }

  stop(): void {
    this.#stopWatching();
    const error = new HeartlineError('UNAVAILABLE', 'the control plane is shutting down');
    for (const { call, tunnels } of this.#live.values()) {
      tunnels.close();
      failCall(call, error);
    }
    this.#live.clear();
  }

  #welcome(call: RawStream, identity: Identity, hello: Hello__Output): ReportSession {
    const { instance, newSessionId, wire } = this.#options;
    const worker = this.#identify(identity, hello);
    const older = this.#live.get(worker.key);
    const described = { type: 'worker-described', worker, place: placeOf(hello) } as const;
    older?.tunnels.close();
    const tunnels = this.#options.tunnels.attach(worker.key, {
      maxTunnels: hello.maxTunnels ?? 0,
      build: hello.build ?? '',
      send: (tunnel) => void call.write(wire.controlMessage.encode({ tunnel })),
    });
    this.#live.set(worker.key, { call, tunnels, described, held: undefined });
    if (this.#options.registry.findLive(worker.key) !== undefined) this.#release(worker);
    if (older !== undefined) {
      const message = `a newer fleet stream of worker "${worker.nodeId}" replaced this one`;
      failCall(older.call, new HeartlineError('ALREADY_EXISTS', message));
    }
    const session = openReportSession(newSessionId(), worker);
    const welcome = { sessionId: session.id, controlPlane: instance };
    call.write(wire.controlMessage.encode({ welcome }));
    return session;
  }

  /** Throws unless the token and, where it is open already, the xDS stream say the same as Hello. */
  #identify(identity: Identity, hello: Hello__Output): WorkerRef {
    const { nodeId = '', cluster, gatewayNamespace = '', gatewayName = '' } = hello;
    if (nodeId === '' || gatewayNamespace === '' || gatewayName === '') {
      throw unexpected('Hello needs node_id, gateway_namespace and gateway_name');
    }
    const claimed = { namespace: gatewayNamespace, name: gatewayName };
    const worker = workerRef(identity.name, bindWorker(identity, cluster, claimed), nodeId);
    const known = this.#options.registry.findLive(worker.key);
    if (known === undefined) return worker;
    const [said, served] = [worker.gateway, known.gateway].map(formatNamespacedName);
    if (said === served) return known;
    throw unexpected(
      `worker "${nodeId}" says gateway ${said}, but its xDS stream is about ${served}`,
    );
  }

  #report(call: RawStream, session: ReportSession, report: InForceReport__Output): ReportSession {
    const { worker } = session;
    const live = this.#live.get(worker.key);
    // A stream that was replaced may still have words on the way.
    if (live?.call !== call) return session;
    const step = takeReport(session, report, this.#options.clock.monotonicMs());
    if (step.tell === undefined) return step.session;
    live.held = step.tell;
    const { bus, registry } = this.#options;
    if (registry.findLive(worker.key) === undefined) return step.session;
    this.#release(worker);
    if (step.drifted) bus.publish({ type: 'drifted', worker, sockets: step.drifted });
    return step.session;
  }

  /** Publishes what the worker reported last, and may have reported before it was known. */
  #release(worker: WorkerRef): void {
    const live = this.#live.get(worker.key);
    if (live === undefined) return;
    const { described, held } = live;
    live.described = undefined;
    live.held = undefined;
    if (described !== undefined) this.#options.bus.publish(described);
    if (held !== undefined) this.#options.bus.publish(held);
  }

  #leave(worker: WorkerRef, call: RawStream): void {
    const live = this.#live.get(worker.key);
    if (live?.call !== call) return;
    this.#live.delete(worker.key);
    live.tunnels.close();
  }
}

function unexpected(message: string): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', message);
}
