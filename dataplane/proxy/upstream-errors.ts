// SPDX-License-Identifier: Apache-2.0
import { errnoOf } from '../../shared/errors/heartline-error.js';

/** What went wrong on the way to a backend. */
export type UpstreamErrorKind =
  /** The connection was refused, unreachable, or its name unknown. */
  | 'connect'
  | 'connect_timeout'
  /** The address is one that no backend may have. */
  | 'refused_address'
  /** The process has no descriptor left for it. */
  | 'no_descriptor'
  /** It broke off before its answer was complete. */
  | 'reset'
  /** Its answer cannot be passed on. */
  | 'invalid_answer'
  /** The time of the route was over. */
  | 'timeout'
  /** A kept-alive connection had ended meanwhile; the request was sent again. */
  | 'stale_retry';

export class UpstreamErrors {
  readonly counts = new Map<UpstreamErrorKind, number>();

  note(kind: UpstreamErrorKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** A connection that could not be opened; one that was given up is nobody's error. */
  noteDial(error: Error): void {
    const code = errnoOf(error);
    if (code === 'UNAVAILABLE') return;
    if (code === 'TIMEOUT') this.note('connect_timeout');
    else this.note(code === 'PERMISSION_DENIED' ? 'refused_address' : 'connect');
  }

  /** A request that had begun and was not answered to its end. */
  noteBroken(error: Error): void {
    this.note(errnoOf(error) === 'INVALID_WIRE' ? 'invalid_answer' : 'reset');
  }
}
