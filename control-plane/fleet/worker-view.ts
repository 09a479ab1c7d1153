// SPDX-License-Identifier: Apache-2.0
import type {
  InForceCounts,
  ResourceProblem,
  WorkerPlace,
  WorkerRef,
} from '../../shared/events/event.js';
import type { StandingRejection } from './worker-rejections.js';

/** Computed from the last messages, never stored (design-fleet §2). */
export type WorkerState =
  | 'InSync'
  | 'Behind'
  | 'Rejected'
  /** It has not answered a response for 5 s. */
  | 'Stuck'
  /** Its gateway does not exist. */
  | 'Orphaned'
  | 'Lost'
  | 'Connected';

/** One row of `heartline fleet`: sent, accepted and in force are three different facts. */
export interface WorkerView {
  readonly worker: WorkerRef;
  readonly podNamespace: string;
  readonly podName: string;
  readonly address: string;
  /** Program and version; the empty string when it does not say. */
  readonly build: string;
  /** Undefined until it says where it runs. */
  readonly place: WorkerPlace | undefined;
  readonly state: WorkerState;
  /** Snapshot labels; the empty string before the first. */
  readonly sent: string;
  readonly accepted: string;
  readonly inForce: string;
  /** Label this worker should run; the empty string when its gateway does not exist. */
  readonly desired: string;
  /** Milliseconds since the Unix epoch when `inForce` came into force; 0 when unknown. */
  readonly inForceSinceMs: number;
  /** Undefined when the worker has no report stream (NotReported). */
  readonly counts: InForceCounts | undefined;
  readonly connectedAtMs: number;
  /** When it was first known to run, milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  /** Later starts of its process that were seen since this control plane started. */
  readonly restarts: number;
  readonly lastSeenMs: number;
  readonly problems: readonly ResourceProblem[];
  /** What it refused, or has and cannot run now, with since when; sorted by type and resource. */
  readonly rejected: readonly StandingRejection[];
}
