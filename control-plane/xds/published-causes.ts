// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef } from '../../shared/events/event.js';
import { gatewayKey } from '../../shared/events/gateway-key.js';
import type { Bus } from '../bus/bus.js';

/** Which transaction stands behind the newest version of each gateway. */
export interface PublishedCauses {
  /** Its sequence, or 0 when the label is another one or was never published here. */
  of(gateway: GatewayRef, label: string): number;
  stop(): void;
}

export function createPublishedCauses(bus: Bus): PublishedCauses {
  const newest = new Map<string, { readonly label: string; readonly cause: number }>();
  const stop = bus.subscribe((event) => {
    if (event.type !== 'published') return;
    newest.set(gatewayKey(event.gateway), { label: event.label, cause: event.cause });
  });
  return {
    of(gateway, label) {
      const published = newest.get(gatewayKey(gateway));
      return published?.label === label ? published.cause : 0;
    },
    stop,
  };
}
