// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef, WorkerRef } from '../../shared/events/event.js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { SnapshotSource } from '../release/releases.js';
import type { ResourceSet } from './holding.js';
import type { TypeTarget } from './response-plan.js';

/** Which resources every worker should hold, type by type: all that the discovery service reads. */
export interface WorkerSets {
  /** The set of this type for this worker now; undefined: this server knows no such type. Never called before `ready` is true. */
  target(typeUrl: string, worker: WorkerRef): TypeTarget | undefined;
  /** The set that had this version label, as far as it is still kept. */
  byLabel(typeUrl: string, worker: WorkerRef, label: string): ResourceSet | undefined;
  /** Calls back after targets of a gateway changed: those of the named types, or of any type. The truth is read again through `target`. */
  onChange(listener: (gateway: GatewayRef, typeUrls?: readonly string[]) => void): () => void;
  /** False until every target is known: no stream is served before. */
  ready(): boolean;
}

const EMPTY_SET: ResourceSet = { hash: '', resources: new Map() };

/** What workers get beside versions, always as it is now. */
export interface LiveSets {
  /** Endpoints of the Services that the gateway uses. */
  addresses(gateway: GatewayRef): ResourceSet;
  /** A version's resources with the key material of their listeners. */
  join(gateway: GatewayRef, set: ResourceSet): ResourceSet;
  /** A version's resources without the listeners that have key material. */
  withoutSecrets(set: ResourceSet): ResourceSet;
  /** Calls back after the sets of these types changed for a gateway. */
  onChange(listener: (gateway: GatewayRef, typeUrls: readonly string[]) => void): () => void;
}

/** A live part that nothing fills: a source of versions alone, as tests have. */
const NO_LIVE_SETS: LiveSets = {
  addresses: () => EMPTY_SET,
  join: (_gateway, set) => set,
  withoutSecrets: (set) => set,
  onChange: () => () => undefined,
};

/** The policy part of the gateways from their releases, and the live part beside it, which has no label. */
export function createWorkerSets(
  releases: SnapshotSource,
  live: LiveSets = NO_LIVE_SETS,
): WorkerSets {
  return {
    target(typeUrl, { gateway, key }) {
      if (typeUrl !== RESOURCE_TYPE_URL && typeUrl !== ADDRESS_TYPE_URL) return undefined;
      const target = releases.target(gateway, key);
      const removals = target?.gatewayExists ?? false;
      if (typeUrl === ADDRESS_TYPE_URL) {
        return { set: live.addresses(gateway), label: '', removals };
      }
      if (target === undefined) return { set: EMPTY_SET, label: '', removals };
      const { snapshot } = target;
      return { set: live.join(gateway, snapshot), label: snapshot.label, removals };
    },
    byLabel(typeUrl, { gateway }, label) {
      if (typeUrl !== RESOURCE_TYPE_URL) return undefined;
      const snapshot = releases.byLabel(gateway, label);
      // A label says which version a worker has, and not which certificates were in it.
      return snapshot && live.withoutSecrets(snapshot);
    },
    onChange(listener) {
      const stopReleases = releases.onChange((gateway) => listener(gateway));
      const stopLive = live.onChange(listener);
      return () => {
        stopReleases();
        stopLive();
      };
    },
    ready: () => releases.ready(),
  };
}
