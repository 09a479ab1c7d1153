// SPDX-License-Identifier: Apache-2.0
import type { Node__Output } from '../../shared/proto/gen/envoy/config/core/v3/Node.js';
import type { DeltaDiscoveryRequest__Output } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js';
import type { DiscoveryRequest__Output } from '../../shared/proto/gen/envoy/service/discovery/v3/DiscoveryRequest.js';
import type { Wire } from '../../shared/proto/wire.js';
import type { ResponseCache } from './response-cache.js';
import type { ResponsePlan } from './response-plan.js';
import type { AnyPlan, AnyRequest, TypeProtocol } from './type-protocol.js';
import { DELTA, type TypeStream } from './type-stream.js';
import { STATE_OF_THE_WORLD, type WorldPlan, type WorldStream } from './world-stream.js';

/** One of the two protocols of aggregated discovery: its messages and its rules. */
export interface Dialect<Request extends AnyRequest, Stream, Plan extends AnyPlan> {
  readonly protocol: TypeProtocol<Request, Stream, Plan>;
  /** Throws INVALID_WIRE when the bytes are not such a request. */
  decode(bytes: Buffer): Request & { readonly node?: Node__Output };
  encode(cache: ResponseCache, typeUrl: string, plan: Plan, nonce: string): Buffer;
}

/** DeltaAggregatedResources. */
export function deltaDialect(
  wire: Wire,
): Dialect<DeltaDiscoveryRequest__Output, TypeStream, ResponsePlan> {
  return {
    protocol: DELTA,
    decode: wire.deltaRequest.decode,
    encode: (cache, typeUrl, plan, nonce) => cache.encode(typeUrl, plan, nonce),
  };
}

/** StreamAggregatedResources. */
export function worldDialect(
  wire: Wire,
): Dialect<DiscoveryRequest__Output, WorldStream, WorldPlan> {
  return {
    protocol: STATE_OF_THE_WORLD,
    decode: wire.discoveryRequest.decode,
    encode: (cache, typeUrl, plan, nonce) => cache.encodeWorld(typeUrl, plan, nonce),
  };
}
