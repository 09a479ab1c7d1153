// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef } from './event.js';

/** `cluster/namespace/name`: the key of maps and the middle of store keys. */
export function gatewayKey({ cluster, namespace, name }: GatewayRef): string {
  return `${cluster}/${namespace}/${name}`;
}
