// SPDX-License-Identifier: Apache-2.0
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';

const LISTENER_TYPE_URL = 'type.googleapis.com/envoy.config.listener.v3.Listener';
const CLUSTER_TYPE_URL = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';

/**
 * Types whose state-of-the-world responses carry everything the client asked for, so that absence means
 * deletion (R16). The protocol says so of Listener and Cluster and of no other; of its own types a server
 * decides. Ours are such types: nobody names them one by one, and without it nothing could ever be taken away.
 */
const FULL_STATE_TYPES: ReadonlySet<string> = new Set([
  ADDRESS_TYPE_URL,
  CLUSTER_TYPE_URL,
  LISTENER_TYPE_URL,
  RESOURCE_TYPE_URL,
]);

export function isFullState(typeUrl: string): boolean {
  return FULL_STATE_TYPES.has(typeUrl);
}
