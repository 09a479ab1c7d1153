// SPDX-License-Identifier: Apache-2.0
import { authenticatedStream } from '../auth/rpc-guard.js';
import { deltaDialect, worldDialect } from './dialect.js';
import { type DiscoveryOptions, DiscoveryStreams } from './discovery-streams.js';
import { type RpcService, rawStreamMethod } from './rpc-service.js';

const NAME = 'envoy.service.discovery.v3.AggregatedDiscoveryService';

/** Aggregated discovery, delta and state of the world. */
export function createDiscoveryService(options: DiscoveryOptions): RpcService {
  const { sets, wire } = options;
  const streams = new DiscoveryStreams(options);
  const stopWatching = sets.onChange((gateway, typeUrls) => streams.retarget(gateway, typeUrls));
  const delta = deltaDialect(wire);
  const world = worldDialect(wire);
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
      StreamAggregatedResources: authenticatedStream(forWorkers, (call, identity) =>
        streams.open(call, identity, world),
      ),
    },
    stop(): void {
      stopWatching();
      streams.stop();
    },
  };
}
