// SPDX-License-Identifier: Apache-2.0
import type { SnapshotSource, Target } from '../../control-plane/release/releases.js';
import type { VersionedSnapshot } from '../../control-plane/snapshot/snapshot.js';
import type { GatewayRef } from '../../shared/events/event.js';

/** What the xDS server reads, set by the test instead of being compiled. */
export interface HandMadeSource extends SnapshotSource {
  /** Makes the snapshot the target of its gateway and tells everybody. */
  publish(snapshot: VersionedSnapshot, gatewayExists?: boolean): void;
  setReady(isReady: boolean): void;
}

export function handMadeSource(): HandMadeSource {
  const targets = new Map<string, Target>();
  const published = new Map<string, VersionedSnapshot>();
  const listeners = new Set<(gateway: GatewayRef) => void>();
  let isReady = true;
  return {
    target: (gateway) => targets.get(nameOf(gateway)),
    byLabel: (gateway, label) => published.get(`${nameOf(gateway)} ${label}`),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ready: () => isReady,
    publish(snapshot, gatewayExists = true) {
      targets.set(nameOf(snapshot.gateway), { snapshot, gatewayExists });
      published.set(`${nameOf(snapshot.gateway)} ${snapshot.label}`, snapshot);
      for (const listener of listeners) listener(snapshot.gateway);
    },
    setReady(value) {
      isReady = value;
    },
  };
}

function nameOf({ cluster, namespace, name }: GatewayRef): string {
  return `${cluster}/${namespace}/${name}`;
}
