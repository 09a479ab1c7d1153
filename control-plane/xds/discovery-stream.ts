// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { EventBody, WorkerRef } from '../../shared/events/event.js';
import { failCall, type RawStream } from '../auth/rpc-guard.js';
import type { Dialect } from './dialect.js';
import type { ResourceSet } from './holding.js';
import type { ResponseCache } from './response-cache.js';
import {
  openSession,
  receiveRequest,
  retarget,
  type Session,
  type SessionContext,
  type SessionOutput,
  type SessionStep,
} from './session.js';
import type { AnyPlan, AnyRequest } from './type-protocol.js';
import type { WorkerSets } from './worker-sets.js';

/** Types we do not know never have any content, and nothing of them is ever taken away. */
const EMPTY_SET: ResourceSet = { hash: '', resources: new Map() };
const UNKNOWN_TYPE = { set: EMPTY_SET, label: '', removals: false };

export interface DiscoveryStreamOptions<Request extends AnyRequest, Stream, Plan extends AnyPlan> {
  readonly call: RawStream;
  readonly dialect: Dialect<Request, Stream, Plan>;
  readonly worker: WorkerRef;
  readonly host: string;
  readonly sessionId: string;
  readonly sets: WorkerSets;
  readonly cache: ResponseCache;
}

/** An open stream as seen by those who do not care which protocol it speaks. */
export interface LiveStream {
  readonly worker: WorkerRef;
  readonly host: string;
  /** Reads the targets of these types again (undefined: of all) and writes what changed, now. */
  retarget(typeUrls: readonly string[] | undefined): EventBody[];
  /** Tells apart the events of this stream. */
  nextStep(): string;
  /** Ends the stream from our side; what the worker still sends is dropped. */
  fail(error: HeartlineError): void;
}

/** One open stream: request in, session step, bytes out. It tells events and publishes none. */
export class DiscoveryStream<Request extends AnyRequest, Stream, Plan extends AnyPlan>
  implements LiveStream
{
  readonly worker: WorkerRef;
  readonly host: string;
  readonly #options: DiscoveryStreamOptions<Request, Stream, Plan>;
  readonly #context: SessionContext<Request, Stream, Plan>;
  #session: Session<Stream>;
  #steps = 0;
  #isEnded = false;

  constructor(options: DiscoveryStreamOptions<Request, Stream, Plan>) {
    const { cache, dialect, sets, worker } = options;
    this.worker = worker;
    this.host = options.host;
    this.#options = options;
    this.#session = openSession(options.sessionId);
    this.#context = {
      protocol: dialect.protocol,
      targetOf: (typeUrl) => sets.target(typeUrl, worker) ?? UNKNOWN_TYPE,
      heldSet: (typeUrl, label) => sets.byLabel(typeUrl, worker, label),
      differ: cache.differ,
    };
  }

  /** Takes one request and writes what it calls for; throws when the stream has to end. */
  receive(request: Request): EventBody[] {
    if (this.#isEnded) return [];
    return this.#perform(receiveRequest(this.#session, request, this.#context));
  }

  retarget(typeUrls: readonly string[] = [...this.#session.types.keys()]): EventBody[] {
    return typeUrls.flatMap((typeUrl) =>
      this.#perform(retarget(this.#session, typeUrl, this.#context)),
    );
  }

  nextStep(): string {
    this.#steps += 1;
    return `${this.#options.sessionId}.${this.#steps}`;
  }

  fail(error: HeartlineError): void {
    this.#isEnded = true;
    failCall(this.#options.call, error);
  }

  #perform(step: SessionStep<Stream, Plan>): EventBody[] {
    this.#session = step.session;
    return step.outputs.map((output) => this.#performOne(output));
  }

  #performOne(output: SessionOutput<Plan>): EventBody {
    const { worker } = this;
    switch (output.kind) {
      case 'send': {
        const { typeUrl, plan, nonce } = output;
        const { call, cache, dialect } = this.#options;
        // Never more than one unacknowledged response per type, so what write() returns does not matter.
        call.write(dialect.encode(cache, typeUrl, plan, nonce));
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
