// SPDX-License-Identifier: Apache-2.0
import type { Identity } from '../auth/identity.js';
import { authenticatedStream, failCall, type RawStream } from '../auth/rpc-guard.js';
import { Admission } from './admission.js';
import { deltaDialect, worldDialect } from './dialect.js';
import { type DiscoveryOptions, DiscoveryStreams } from './discovery-streams.js';
import { type RpcService, rawStreamMethod } from './rpc-service.js';

const NAME = 'envoy.service.discovery.v3.AggregatedDiscoveryService';

/** Aggregated discovery, delta and state of the world. */
export function createDiscoveryService(options: DiscoveryOptions): RpcService {
  const { admission: limits = {}, clock, random, sets, wire } = options;
  const admission = new Admission({ clock, random, limits });
  const streams = new DiscoveryStreams(options);
  const stopWatching = sets.onChange((gateway, typeUrls) => streams.retarget(gateway, typeUrls));
  const delta = deltaDialect(wire);
  const world = worldDialect(wire);
  const opener =
    (open: (call: RawStream, identity: Identity) => void) =>
    (call: RawStream, identity: Identity): void =>
      admission.admit(call, () => {
        try {
          open(call, identity);
        } catch (thrown) {
          failCall(call, thrown);
        }
      });
  const forWorkers = { ...options, audience: 'worker' as const };
  return {
    name: NAME,
    definition: {
      DeltaAggregatedResources: rawStreamMethod(NAME, 'DeltaAggregatedResources'),
      StreamAggregatedResources: rawStreamMethod(NAME, 'StreamAggregatedResources'),
    },
    implementation: {
      DeltaAggregatedResources: authenticatedStream(
        forWorkers,
        opener((call, identity) => streams.open(call, identity, delta)),
      ),
      StreamAggregatedResources: authenticatedStream(
        forWorkers,
        opener((call, identity) => streams.open(call, identity, world)),
      ),
    },
    stop(): void {
      stopWatching();
      admission.stop();
      streams.stop();
    },
  };
}
