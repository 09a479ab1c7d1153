// SPDX-License-Identifier: Apache-2.0
import { type ResourceKind, resourceName } from '../../shared/names/resource-keys.js';
import type { Resource } from '../../shared/proto/gen/agentgateway/dev/resource/Resource.js';

/** One compiled resource of a gateway; never changed after it was made. */
export interface GatewayResource {
  /** Resource.name on the wire, `<kind>/<key>`. */
  readonly name: string;
  readonly message: Resource;
}

export function gatewayResource(
  kind: ResourceKind,
  key: string | undefined,
  message: Resource,
): GatewayResource {
  return { name: resourceName(kind, key ?? ''), message };
}
