// SPDX-License-Identifier: Apache-2.0
import type { ResourceSet } from '../../control-plane/xds/holding.js';
import type { WorkerSets } from '../../control-plane/xds/worker-sets.js';
import type { GatewayRef } from '../../shared/events/event.js';
import { setOfBytes, TEST_GATEWAY } from './resource-sets.js';

/** Sets of any types for every worker of the test's gateway, put in by the test. */
export interface HandMadeSets extends WorkerSets {
  /** Makes these bytes (by resource name) the set of a type and tells everybody. */
  put(typeUrl: string, resources: { readonly [name: string]: Uint8Array }): void;
}

export function handMadeSets(): HandMadeSets {
  const sets = new Map<string, ResourceSet>();
  const listeners = new Set<(gateway: GatewayRef, typeUrls?: readonly string[]) => void>();
  return {
    target(typeUrl) {
      const set = sets.get(typeUrl);
      return set && { set, label: set.hash.slice(0, 8), removals: true };
    },
    byLabel: () => undefined,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ready: () => true,
    put(typeUrl, resources) {
      sets.set(typeUrl, setOfBytes(resources));
      for (const listener of listeners) listener(TEST_GATEWAY, [typeUrl]);
    },
  };
}
