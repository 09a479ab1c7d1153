// SPDX-License-Identifier: Apache-2.0
import { authenticatedStream } from '../auth/rpc-guard.js';
import { type RpcService, rawStreamMethod } from '../xds/rpc-service.js';
import { type FleetStreamOptions, FleetStreams } from './fleet-streams.js';

const NAME = 'heartline.fleet.v1.Fleet';

/** In-force reports of workers, one stream beside the xDS stream of each. */
export function createFleetService(options: FleetStreamOptions): RpcService {
  const streams = new FleetStreams(options);
  const forWorkers = { ...options, audience: 'worker' as const };
  return {
    name: NAME,
    definition: { Connect: rawStreamMethod(NAME, 'Connect') },
    implementation: {
      Connect: authenticatedStream(forWorkers, (call, identity) => streams.open(call, identity)),
    },
    stop: () => streams.stop(),
  };
}
