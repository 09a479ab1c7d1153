// SPDX-License-Identifier: Apache-2.0
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { Resource__Output } from '../../shared/proto/gen/agentgateway/dev/resource/Resource.js';
import type { Address__Output } from '../../shared/proto/gen/istio/workload/Address.js';
import type { Wire } from '../../shared/proto/wire.js';
import { NO_FINDINGS } from './diagnostic.js';
import type { ResourceType } from './resource-set.js';
import { resourceIdentity, validateResource } from './validate-resource.js';

export type GatewayResource = Resource__Output;

/** Binds, listeners, routes, backends, policies. */
export function gatewayResourceType(wire: Pick<Wire, 'resource'>): ResourceType<GatewayResource> {
  return {
    typeUrl: RESOURCE_TYPE_URL,
    decode: (bytes) => wire.resource.decode(bytes),
    validate: validateResource,
    identity: resourceIdentity,
  };
}

/** Workloads and services: held, so that a reconnect transfers nothing, but no plan uses them yet. */
export function addressType(wire: Pick<Wire, 'address'>): ResourceType<Address__Output> {
  return {
    typeUrl: ADDRESS_TYPE_URL,
    decode: (bytes) => wire.address.decode(bytes),
    validate: () => NO_FINDINGS,
    identity: (name) => name,
  };
}
