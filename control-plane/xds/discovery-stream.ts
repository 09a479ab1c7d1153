// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { EventBody, WorkerRef } from '../../shared/events/event.js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { failCall, type RawStream } from '../auth/rpc-guard.js';
import type { SnapshotSource } from '../release/releases.js';
import type { ResourceSet } from './holding.js';
import type { ResponseCache } from './response-cache.js';
import type { TypeTarget } from './response-plan.js';
import {
  openSession,
  receiveRequest,
  retarget,
  type Session,
  type SessionContext,
  type SessionOutput,
  type SessionRequest,
  type SessionStep,
} from './session.js';

/** The live part has no content yet, and types we do not know never have any. */
const EMPTY_SET: ResourceSet = { hash: '', resources: new Map() };

export interface DiscoveryStreamOptions {
  readonly call: RawStream;
  readonly worker: WorkerRef;
  readonly host: string;
  readonly sessionId: string;
  readonly source: SnapshotSource;
  readonly cache: ResponseCache;
}

/** One open delta stream: bytes in, session step, bytes out. It tells events and publishes none. */
export class DiscoveryStream {
  readonly worker: WorkerRef;
  readonly host: string;
  readonly #options: DiscoveryStreamOptions;
  readonly #context: SessionContext;
  #session: Session;
  #steps = 0;
  #isEnded = false;
  #existed = false;

  constructor(options: DiscoveryStreamOptions) {
    this.worker = options.worker;
    this.host = options.host;
    this.#options = options;
    this.#session = openSession(options.sessionId);
    this.#context = {
      targetOf: (typeUrl) => this.#targetOf(typeUrl),
      differ: options.cache.differ,
    };
  }

  /** Takes one request and writes what it calls for; throws when the stream has to end. */
  receive(request: SessionRequest): EventBody[] {
    if (this.#isEnded) return [];
    return this.#perform(receiveRequest(this.#session, request, this.#context));
  }

  /** Reads the gateway's target again and writes what changed, now. */
  retarget(): EventBody[] {
    const bodies = this.#perform(retarget(this.#session, RESOURCE_TYPE_URL, this.#context));
    // Other types have no content yet; what they may remove depends on whether the gateway exists.
    const exists = this.#gatewayExists();
    if (exists === this.#existed) return bodies;
    this.#existed = exists;
    return [...bodies, ...this.#perform(retarget(this.#session, ADDRESS_TYPE_URL, this.#context))];
  }

  /** Tells apart the events of this stream. */
  nextStep(): string {
    this.#steps += 1;
    return `${this.#options.sessionId}.${this.#steps}`;
  }

  /** Ends the stream from our side; what the worker still sends is dropped. */
  fail(error: HeartlineError): void {
    this.#isEnded = true;
    failCall(this.#options.call, error);
  }

  #targetOf(typeUrl: string): TypeTarget {
    const { source } = this.#options;
    switch (typeUrl) {
      case RESOURCE_TYPE_URL: {
        const target = source.target(this.worker.gateway, this.worker.key);
        if (target === undefined) return { set: EMPTY_SET, label: '', removals: false };
        const { snapshot, gatewayExists } = target;
        return { set: snapshot, label: snapshot.label, removals: gatewayExists };
      }
      case ADDRESS_TYPE_URL:
        return { set: EMPTY_SET, label: '', removals: this.#gatewayExists() };
      default:
        return { set: EMPTY_SET, label: '', removals: false };
    }
  }

  #gatewayExists(): boolean {
    const { source } = this.#options;
    return source.target(this.worker.gateway, this.worker.key)?.gatewayExists ?? false;
  }

  #perform(step: SessionStep): EventBody[] {
    this.#session = step.session;
    return step.outputs.map((output) => this.#performOne(output));
  }

  #performOne(output: SessionOutput): EventBody {
    const { worker } = this;
    switch (output.kind) {
      case 'send': {
        const { typeUrl, plan, nonce } = output;
        const { call, cache } = this.#options;
        // Never more than one unacknowledged response per type, so what write() returns does not matter.
        call.write(cache.encode(typeUrl, plan, nonce));
        const { label } = plan.target;
        const counts = { resources: plan.resources.length, removed: plan.removed.length };
        return { type: 'sent', worker, typeUrl, label, ...counts };
      }
      case 'outcome': {
        const { typeUrl, outcome } = output;
        const { label, warnings } = outcome;
        if (outcome.kind === 'accepted')
          return { type: 'accepted', worker, typeUrl, label, warnings };
        const { problems } = outcome;
        return { type: 'rejected', worker, typeUrl, label, problems, warnings };
      }
      case 'fail':
        throw new HeartlineError(output.code, output.message, { subject: worker.nodeId });
    }
  }
}
