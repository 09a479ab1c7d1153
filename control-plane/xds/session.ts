// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from '../../shared/errors/codes.js';
import type { Differ, ResponsePlan, TypeTarget } from './response-plan.js';
import {
  advanceTypeStream,
  type Outcome,
  openTypeStream,
  receiveTypeRequest,
  type TypeRequest,
  type TypeStream,
} from './type-stream.js';

/** A client needs two types; more than this many on one stream is a mistake or an attack. */
const MAX_TYPES = 16;
/** Explicit names of one type on one stream; ten times what the largest fleet we measure for has. */
const MAX_NAMES = 100_000;

/** All that one delta stream has said and was told. A value: every step returns the next one. */
export interface Session {
  /** In front of every nonce, different for each stream, so that a nonce of an earlier stream never matches. */
  readonly id: string;
  readonly nonces: number;
  readonly types: ReadonlyMap<string, TypeStream>;
}

/** What the session reads and cannot know: looked up at each step, so that it is always the present truth. */
export interface SessionContext {
  targetOf(typeUrl: string): TypeTarget;
  readonly differ: Differ;
}

/** What has to be done or told after a step, in order. */
export type SessionOutput =
  | {
      readonly kind: 'send';
      readonly typeUrl: string;
      readonly nonce: string;
      readonly plan: ResponsePlan;
    }
  | { readonly kind: 'outcome'; readonly typeUrl: string; readonly outcome: Outcome }
  /** The stream must end with this error. */
  | { readonly kind: 'fail'; readonly code: ErrorCode; readonly message: string };

export interface SessionStep {
  readonly session: Session;
  readonly outputs: readonly SessionOutput[];
}

export interface SessionRequest extends TypeRequest {
  readonly typeUrl?: string;
}

export function openSession(id: string): Session {
  return { id, nonces: 0, types: new Map() };
}

/** One request of the client: a first one of its type, a change of names, an ACK or NACK, or several at once. */
export function receiveRequest(
  session: Session,
  request: SessionRequest,
  context: SessionContext,
): SessionStep {
  const { typeUrl } = request;
  if (typeUrl === undefined || typeUrl === '') {
    return failed(
      session,
      'INVALID_ARGUMENT',
      'the request has no type_url, which an aggregated stream needs',
    );
  }
  const known = session.types.get(typeUrl);
  if (known === undefined && session.types.size >= MAX_TYPES) {
    return failed(
      session,
      'TOO_LARGE',
      `the stream asked for more than ${MAX_TYPES} resource types`,
    );
  }
  const step =
    known === undefined
      ? { stream: openTypeStream(request, context.targetOf(typeUrl)) }
      : receiveTypeRequest(known, request);
  if (step.stream.subscription.names.size > MAX_NAMES) {
    return failed(
      session,
      'TOO_LARGE',
      `the stream subscribed to more than ${MAX_NAMES} names of ${typeUrl}`,
    );
  }
  const advanced = advance(session, typeUrl, step.stream, context);
  if (step.outcome === undefined) return advanced;
  const outcome: SessionOutput = { kind: 'outcome', typeUrl, outcome: step.outcome };
  return { session: advanced.session, outputs: [outcome, ...advanced.outputs] };
}

/** The target of one type may have changed. */
export function retarget(session: Session, typeUrl: string, context: SessionContext): SessionStep {
  const stream = session.types.get(typeUrl);
  if (stream === undefined) return { session, outputs: [] };
  return advance(session, typeUrl, stream, context);
}

function advance(
  session: Session,
  typeUrl: string,
  stream: TypeStream,
  context: SessionContext,
): SessionStep {
  const { id, nonces } = session;
  const nonce = `${id}-${nonces + 1}`;
  const step = advanceTypeStream(stream, context.targetOf(typeUrl), nonce, context.differ);
  const types = new Map(session.types).set(typeUrl, step.stream);
  if (step.sent === undefined) return { session: { id, nonces, types }, outputs: [] };
  const { plan } = step.sent;
  return {
    session: { id, nonces: nonces + 1, types },
    outputs: [{ kind: 'send', typeUrl, nonce, plan }],
  };
}

function failed(session: Session, code: ErrorCode, message: string): SessionStep {
  return { session, outputs: [{ kind: 'fail', code, message }] };
}
