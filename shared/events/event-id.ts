// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import type { EventBody, HeartlineEvent } from './event.js';

/** 128 bits: no two events of one fleet will ever share an id. */
const ID_DIGITS = 32;

/**
 * The same cause, subject and step give the same id on every replica, so replays de-duplicate. Computed
 * where an event leaves the process: two events of every worker follow every change, and most of them stay.
 */
export function eventId(event: HeartlineEvent): string {
  // JSON keeps the borders: ("a", "bc") and ("ab", "c") must differ.
  const origin = JSON.stringify([event.cause, eventSubject(event), event.step]);
  return hash('sha256', origin).slice(0, ID_DIGITS);
}

/** What the event is about: a gateway, a worker, or the log itself. */
export function eventSubject(body: EventBody): string {
  switch (body.type) {
    case 'applied':
      return 'log';
    case 'compiled':
    case 'published': {
      const { cluster, namespace, name } = body.gateway;
      return `gateway/${cluster}/${namespace}/${name}`;
    }
    case 'worker-connected':
    case 'forwarded':
    case 'worker-described':
    case 'worker-lost':
    case 'sent':
    case 'accepted':
    case 'rejected':
    case 'rejection-cleared':
    case 'stuck':
    case 'in-force':
    case 'drifted':
      return `worker/${body.worker.key}`;
  }
}
