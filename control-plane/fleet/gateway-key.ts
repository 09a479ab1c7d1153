// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef } from '../../shared/events/event.js';

/** One text per gateway of the fleet, for maps. */
export function gatewayKey({ cluster, namespace, name }: GatewayRef): string {
  return `${cluster}/${namespace}/${name}`;
}
