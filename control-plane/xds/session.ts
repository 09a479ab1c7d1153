// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from '../../shared/errors/codes.js';
import type { ResourceSet } from './holding.js';
import type { Rejections } from './rejections.js';
import type { Differ, TypeTarget } from './response-plan.js';
import type { AnyPlan, AnyRequest, Outcome, TypeProtocol } from './type-protocol.js';

/** A client needs two types; more than this many on one stream is a mistake or an attack. */
const MAX_TYPES = 16;
/** Explicit names of one type on one stream; ten times what the largest fleet we measure for has. */
const MAX_NAMES = 100_000;

/** All that one stream has said and was told. A value: every step returns the next one. */
export interface Session<Stream> {
  /** In front of every nonce, different for each stream, so that a nonce of an earlier stream never matches. */
  readonly id: string;
  readonly nonces: number;
  readonly types: ReadonlyMap<string, Stream>;
}

/** What the session reads and cannot know: looked up at each step, so that it is always the present truth. */
export interface SessionContext<Request extends AnyRequest, Stream, Plan extends AnyPlan> {
  readonly protocol: TypeProtocol<Request, Stream, Plan>;
  targetOf(typeUrl: string): TypeTarget;
  /** A set that is still kept, by its label. */
  heldSet(typeUrl: string, label: string): ResourceSet | undefined;
  /** What this worker refused on any stream. */
  rejectionsOf(typeUrl: string): Rejections;
  readonly differ: Differ;
}

/** What has to be done or told after a step, in order. */
export type SessionOutput<Plan> =
  | {
      readonly kind: 'send';
      readonly typeUrl: string;
      readonly nonce: string;
      readonly plan: Plan;
    }
  | { readonly kind: 'outcome'; readonly typeUrl: string; readonly outcome: Outcome }
  /** The stream must end with this error. */
  | { readonly kind: 'fail'; readonly code: ErrorCode; readonly message: string };

export interface SessionStep<Stream, Plan> {
  readonly session: Session<Stream>;
  readonly outputs: readonly SessionOutput<Plan>[];
}

export function openSession<Stream>(id: string): Session<Stream> {
  return { id, nonces: 0, types: new Map() };
}

/** One request of the client: a first one of its type, a change of names, an ACK or NACK, or several at once. */
export function receiveRequest<Request extends AnyRequest, Stream, Plan extends AnyPlan>(
  session: Session<Stream>,
  request: Request,
  context: SessionContext<Request, Stream, Plan>,
): SessionStep<Stream, Plan> {
  const { protocol } = context;
  const { typeUrl } = request;
  if (typeUrl === undefined || typeUrl === '') {
    const message = 'the request has no type_url, which an aggregated stream needs';
    return failed(session, 'INVALID_ARGUMENT', message);
  }
  const known = session.types.get(typeUrl);
  if (known === undefined && session.types.size >= MAX_TYPES) {
    const message = `the stream asked for more than ${MAX_TYPES} resource types; ${typeUrl} is one too many`;
    return failed(session, 'TOO_LARGE', message);
  }
  const heldSet = (label: string) => context.heldSet(typeUrl, label);
  const step =
    known === undefined
      ? protocol.open(request, context.targetOf(typeUrl), heldSet, context.rejectionsOf(typeUrl))
      : protocol.receive(known, request);
  if (protocol.countNames(step.stream) > MAX_NAMES) {
    const message = `the stream subscribed to more than ${MAX_NAMES} names of ${typeUrl}`;
    return failed(session, 'TOO_LARGE', message);
  }
  const advanced = advance(session, typeUrl, step.stream, context);
  if (step.outcome === undefined) return advanced;
  const outcome = { kind: 'outcome' as const, typeUrl, outcome: step.outcome };
  return { session: advanced.session, outputs: [outcome, ...advanced.outputs] };
}

/** The target of one type may have changed. */
export function retarget<Request extends AnyRequest, Stream, Plan extends AnyPlan>(
  session: Session<Stream>,
  typeUrl: string,
  context: SessionContext<Request, Stream, Plan>,
): SessionStep<Stream, Plan> {
  const stream = session.types.get(typeUrl);
  if (stream === undefined) return { session, outputs: [] };
  return advance(session, typeUrl, stream, context);
}

/** The response of one type that is out was not answered for too long: what is newer is sent all the same. */
export function supersede<Request extends AnyRequest, Stream, Plan extends AnyPlan>(
  session: Session<Stream>,
  typeUrl: string,
  context: SessionContext<Request, Stream, Plan>,
): SessionStep<Stream, Plan> {
  const stream = session.types.get(typeUrl);
  const settled = stream && context.protocol.supersede(stream, context.targetOf(typeUrl));
  if (settled === undefined) return { session, outputs: [] };
  const step = advance(session, typeUrl, settled, context);
  // Nothing to say after all: the answer to what is out is still worth having.
  return step.outputs.length === 0 ? { session, outputs: [] } : step;
}

function advance<Request extends AnyRequest, Stream, Plan extends AnyPlan>(
  session: Session<Stream>,
  typeUrl: string,
  stream: Stream,
  context: SessionContext<Request, Stream, Plan>,
): SessionStep<Stream, Plan> {
  const { id, nonces } = session;
  const nonce = `${id}-${nonces + 1}`;
  const { differ, protocol } = context;
  const step = protocol.advance(stream, context.targetOf(typeUrl), nonce, differ);
  const isUnchanged = step.sent === undefined && step.stream === session.types.get(typeUrl);
  if (isUnchanged) return { session, outputs: [] };
  const types = new Map(session.types).set(typeUrl, step.stream);
  if (step.sent === undefined) return { session: { id, nonces, types }, outputs: [] };
  const { plan } = step.sent;
  return {
    session: { id, nonces: nonces + 1, types },
    outputs: [{ kind: 'send', typeUrl, nonce, plan }],
  };
}

function failed<Stream>(
  session: Session<Stream>,
  code: ErrorCode,
  message: string,
): SessionStep<Stream, never> {
  return { session, outputs: [{ kind: 'fail', code, message }] };
}
