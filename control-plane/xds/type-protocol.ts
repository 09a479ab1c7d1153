// SPDX-License-Identifier: Apache-2.0
import type { ResourceProblem } from '../../shared/events/event.js';
import type { ResourceSet } from './holding.js';
import type { Rejections } from './rejections.js';
import type { Differ, SetDifference, TypeTarget } from './response-plan.js';

/** What a worker's answer to one response means for what it runs. */
export type Outcome =
  | {
      readonly kind: 'accepted';
      readonly label: string;
      readonly warnings: readonly ResourceProblem[];
    }
  | {
      readonly kind: 'rejected';
      readonly label: string;
      /** Also what was refused earlier, is still wanted and is therefore still missing. */
      readonly problems: readonly ResourceProblem[];
      readonly warnings: readonly ResourceProblem[];
    };

/** What every request has, whatever the protocol. */
export interface AnyRequest {
  readonly typeUrl?: string;
}

/** One response before it is encoded. */
export interface AnyPlan extends SetDifference {
  readonly target: TypeTarget;
}

export interface RequestStep<Stream> {
  readonly stream: Stream;
  /** Present when the request said what became of a version. */
  readonly outcome?: Outcome;
}

export interface AdvanceStep<Stream, Plan> {
  readonly stream: Stream;
  /** Present when a response has to be written now. */
  readonly sent?: { readonly nonce: string; readonly plan: Plan };
}

/** The rules by which one type is served on one stream: delta's or those of the state of the world. */
export interface TypeProtocol<Request extends AnyRequest, Stream, Plan extends AnyPlan> {
  /**
   * The first request of a type. `heldSet` finds a set by the version label the client reports; `rejections` is what the
   * worker refused on earlier streams.
   */
  open(
    request: Request,
    target: TypeTarget,
    heldSet: (label: string) => ResourceSet | undefined,
    rejections: Rejections,
  ): RequestStep<Stream>;
  /** Any later request of the type. */
  receive(stream: Stream, request: Request): RequestStep<Stream>;
  /** Brings the type towards its target; `nonce` is used when a response is due. */
  advance(
    stream: Stream,
    target: TypeTarget,
    nonce: string,
    differ: Differ,
  ): AdvanceStep<Stream, Plan>;
  /**
   * The stream as if nothing were out, although the client has not answered; undefined when there is nothing newer to say.
   * What is out may have been taken or not, and its answer is stale from now on.
   */
  supersede(stream: Stream, target: TypeTarget): Stream | undefined;
  /** What the worker refuses now. */
  rejections(stream: Stream): Rejections;
  /** How many names the stream subscribes to explicitly. */
  countNames(stream: Stream): number;
}
