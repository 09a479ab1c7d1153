// SPDX-License-Identifier: Apache-2.0
import type { Plan } from '../../../dataplane/engine/plan.js';
import type { ConnectionSide } from '../../../dataplane/engine/report.js';

/** What a test asks the worker of its lab to do. */
export type CallBody =
  | { readonly name: 'apply'; readonly plan: Plan }
  | { readonly name: 'summary' }
  | { readonly name: 'connections' }
  | { readonly name: 'metrics' }
  /** Holds the worker's loop. */
  | { readonly name: 'block'; readonly forMs: number };
export type Call = CallBody & { readonly id: number };

export interface Reply {
  readonly id: number;
  readonly value: unknown;
}

/** A connection that the worker does not list any more. */
export interface ClosedNotice {
  readonly peer: string;
  readonly local: string;
  readonly side: ConnectionSide;
  readonly bindKey: string;
  /** `nowMs` of the worker. */
  readonly atMs: number;
}
