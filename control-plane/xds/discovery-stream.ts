// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { EventBody, WorkerRef } from '../../shared/events/event.js';
import type { Clock } from '../../shared/time/clock.js';
import type { RawStream } from '../auth/rpc-guard.js';
import type { WorkerLedger } from '../fleet/rejection-ledger.js';
import type { Dialect } from './dialect.js';
import { endCall } from './end-call.js';
import type { ResourceSet } from './holding.js';
import { NO_REJECTIONS, type Rejections } from './rejections.js';
import type { ResponseCache } from './response-cache.js';
import {
  openSession,
  receiveRequest,
  retarget,
  type Session,
  type SessionContext,
  type SessionOutput,
  type SessionStep,
  supersede,
} from './session.js';
import type { AnyPlan, AnyRequest } from './type-protocol.js';
import { GIVEN_UP_AFTER_MS, judgeSilence, noteSent, type Unanswered } from './unanswered.js';
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
  /** What this worker refused before; it is told what it refuses now. */
  readonly ledger: WorkerLedger;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
}

/** An open stream as seen by those who do not care which protocol it speaks. */
export interface LiveStream {
  readonly worker: WorkerRef;
  readonly host: string;
  /** Reads the targets of these types again (undefined: of all) and writes what changed, now. */
  retarget(typeUrls: readonly string[] | undefined): EventBody[];
  /** Looks after responses that nobody answers; throws when the stream has to end. Called every second or so. */
  check(): EventBody[];
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
  /** As the ledger has them, by type. */
  readonly #refused = new Map<string, Rejections>();
  /** By type. */
  readonly #unanswered = new Map<string, Unanswered>();
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
      rejectionsOf: (typeUrl) => this.#refusedBefore(typeUrl),
      differ: cache.differ,
    };
  }

  /** Takes one request and writes what it calls for; throws when the stream has to end. */
  receive(request: Request): EventBody[] {
    if (this.#isEnded) return [];
    const { typeUrl = '' } = request;
    return this.#perform(typeUrl, receiveRequest(this.#session, request, this.#context));
  }

  retarget(typeUrls: readonly string[] = [...this.#session.types.keys()]): EventBody[] {
    return typeUrls.flatMap((typeUrl) =>
      this.#perform(typeUrl, retarget(this.#session, typeUrl, this.#context)),
    );
  }

  check(): EventBody[] {
    return [...this.#unanswered].flatMap(([typeUrl, unanswered]) =>
      this.#checkType(typeUrl, unanswered),
    );
  }

  nextStep(): string {
    this.#steps += 1;
    return `${this.#options.sessionId}.${this.#steps}`;
  }

  fail(error: HeartlineError): void {
    this.#isEnded = true;
    const { call, clock } = this.#options;
    endCall(call, error, clock);
  }

  #checkType(typeUrl: string, unanswered: Unanswered): EventBody[] {
    switch (judgeSilence(unanswered, this.#options.clock.monotonicMs())) {
      case 'in-time':
        return [];
      case 'late':
        return this.#hurry(typeUrl, unanswered);
      case 'over':
        throw new HeartlineError('TIMEOUT', this.#givenUp(typeUrl), {
          subject: this.worker.nodeId,
        });
    }
  }

  /** Sends what is newer, unless the last response has not even left: a client that does not read gets no second one. */
  #hurry(typeUrl: string, { sinceMs, lastSentMs }: Unanswered): EventBody[] {
    const { worker } = this;
    const nowMs = this.#options.clock.monotonicMs();
    this.#unanswered.set(typeUrl, { sinceMs, lastSentMs: nowMs });
    const { label } = this.#context.targetOf(typeUrl);
    const isNews = lastSentMs === sinceMs;
    const stuck: EventBody[] = isNews ? [{ type: 'stuck', worker, typeUrl, label }] : [];
    if (this.#options.call.writableLength > 0) return stuck;
    const step = supersede(this.#session, typeUrl, this.#context);
    return [...stuck, ...this.#perform(typeUrl, step)];
  }

  #givenUp(typeUrl: string): string {
    return `worker "${this.worker.nodeId}" did not answer a response of ${typeUrl} for ${GIVEN_UP_AFTER_MS / 1_000} s; it may connect again`;
  }

  #refusedBefore(typeUrl: string): Rejections {
    const refused = this.#options.ledger.refusals(typeUrl);
    this.#refused.set(typeUrl, refused);
    return refused;
  }

  /** A refusal also ends without any answer: when the content that was refused is wanted no more. */
  #noteRejections(typeUrl: string): void {
    const stream = this.#session.types.get(typeUrl);
    if (stream === undefined) return;
    const { dialect, ledger } = this.#options;
    const rejections = dialect.protocol.rejections(stream);
    if ((this.#refused.get(typeUrl) ?? NO_REJECTIONS) === rejections) return;
    this.#refused.set(typeUrl, rejections);
    ledger.note(typeUrl, rejections);
  }

  #noteSent(typeUrl: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#unanswered.set(typeUrl, noteSent(this.#unanswered.get(typeUrl), nowMs));
  }

  /** A step is about one type; the others of the stream are as they were. */
  #perform(typeUrl: string, step: SessionStep<Stream, Plan>): EventBody[] {
    if (step.session === this.#session && step.outputs.length === 0) return [];
    this.#session = step.session;
    this.#noteRejections(typeUrl);
    return step.outputs.map((output) => this.#performOne(output));
  }

  #performOne(output: SessionOutput<Plan>): EventBody {
    const { worker } = this;
    switch (output.kind) {
      case 'send': {
        const { typeUrl, plan, nonce } = output;
        const { call, cache, dialect } = this.#options;
        // At most one response per type that the client has not read, so what write() returns does not matter.
        call.write(dialect.encode(cache, typeUrl, plan, nonce));
        this.#noteSent(typeUrl);
        const { label } = plan.target;
        const counts = { resources: plan.resources.length, removed: plan.removed.length };
        return { type: 'sent', worker, typeUrl, label, ...counts };
      }
      case 'outcome': {
        const { typeUrl, outcome } = output;
        this.#unanswered.delete(typeUrl);
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
