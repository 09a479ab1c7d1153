// SPDX-License-Identifier: Apache-2.0
import type { EventBody, HeartlineEvent } from '../../shared/events/event.js';

/** Where every stage publishes and every view subscribes; memory now, NATS with the fleet work. */
export interface Bus {
  /**
   * Completes the event's head and hands it to every subscriber before it returns. `cause` is the log
   * sequence behind it (0 = none) and `step` tells apart several events of one cause and subject.
   */
  publish(
    body: EventBody,
    origin?: { readonly cause?: number; readonly step?: string },
  ): HeartlineEvent;
  /** A subscriber that throws is logged and never disturbs the publisher or the others. */
  subscribe(onEvent: (event: HeartlineEvent) => void): () => void;
}
