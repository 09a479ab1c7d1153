// SPDX-License-Identifier: Apache-2.0
import { authenticatedStream, unimplemented } from '../auth/rpc-guard.js';
import { deltaDialect } from './dialect.js';
import { type DiscoveryOptions, DiscoveryStreams } from './discovery-streams.js';
import { type RpcService, rawStreamMethod } from './rpc-service.js';

const NAME = 'envoy.service.discovery.v3.AggregatedDiscoveryService';

/** Aggregated discovery, delta; the state of the world is answered UNIMPLEMENTED. */
export function createDiscoveryService(options: DiscoveryOptions): RpcService {
  const { sets, wire } = options;
  const streams = new DiscoveryStreams(options);
  const stopWatching = sets.onChange((gateway, typeUrls) => streams.retarget(gateway, typeUrls));
  const delta = deltaDialect(wire);
  const forWorkers = { ...options, audience: 'worker' as const };
  return {
    name: NAME,
    definition: {
      DeltaAggregatedResources: rawStreamMethod(NAME, 'DeltaAggregatedResources'),
      StreamAggregatedResources: rawStreamMethod(NAME, 'StreamAggregatedResources'),
    },
    implementation: {
      DeltaAggregatedResources: authenticatedStream(forWorkers, (call, identity) =>
        streams.open(call, identity, delta),
      ),
      StreamAggregatedResources: authenticatedStream(
        forWorkers,
        unimplemented('this control plane serves delta streams; use DeltaAggregatedResources'),
      ),
    },
    stop(): void {
      stopWatching();
      streams.stop();
    },
  };
}
