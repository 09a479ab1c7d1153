// SPDX-License-Identifier: Apache-2.0
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { Resource__Output } from '../../shared/proto/gen/agentgateway/dev/resource/Resource.js';
import type { Address__Output } from '../../shared/proto/gen/istio/workload/Address.js';
import type { Wire } from '../../shared/proto/wire.js';
import type { ResourceType } from './resource-set.js';
import { addressIdentity, validateAddress } from './validate-address.js';
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

/** Workloads and services: the live part. */
export function addressType(wire: Pick<Wire, 'address'>): ResourceType<Address__Output> {
  return {
    typeUrl: ADDRESS_TYPE_URL,
    decode: (bytes) => wire.address.decode(bytes),
    validate: validateAddress,
    identity: addressIdentity,
  };
}
