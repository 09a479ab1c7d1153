// SPDX-License-Identifier: Apache-2.0
import type { EventBody, HeartlineEvent } from '../../shared/events/event.js';
import { eventId } from '../../shared/events/event-id.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Bus } from './bus.js';

export interface MemoryBusOptions {
  /** The process that publishes, e.g. `control-plane`. */
  readonly source: string;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly logger: Logger;
}

/** A bus inside one process: subscribers run in the order they came, before `publish` returns. */
export function createMemoryBus(options: MemoryBusOptions): Bus {
  const { source, clock, logger } = options;
  const subscribers = new Set<(event: HeartlineEvent) => void>();
  let published = 0;

  return {
    publish(body, origin = {}) {
      published += 1;
      const cause = origin.cause ?? 0;
      const step = origin.step ?? defaultStep(body, cause, `${source}#${published}`);
      const head = { cause, step, source, n: published, time: clock.wallMs() };
      // Not a spread: over bodies of many shapes it takes ten times as long, for every event of every worker.
      const event: HeartlineEvent = Object.assign(head, body);
      for (const onEvent of [...subscribers]) {
        try {
          onEvent(event);
        } catch (err) {
          logger.error(
            { err, event: event.type, id: eventId(event) },
            'an event subscriber failed',
          );
        }
      }
      return event;
    },
    subscribe(onEvent) {
      // A function of its own, so that subscribing one function twice makes two subscriptions.
      const subscriber = (event: HeartlineEvent): void => onEvent(event);
      subscribers.add(subscriber);
      return () => void subscribers.delete(subscriber);
    },
  };
}

/**
 * Events with a cause happen once per type, and per label where they carry one. Without a cause no
 * other replica can see the same event, so its place in this source's count makes the id.
 */
function defaultStep(body: EventBody, cause: number, place: string): string {
  if (cause === 0) return `${body.type} ${place}`;
  const typeUrl = 'typeUrl' in body ? body.typeUrl : '';
  const label = 'label' in body ? body.label : '';
  return `${body.type} ${typeUrl} ${label}`;
}
