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

/** The policy part of the gateways from their releases; the live part is empty as long as nothing fills it. */
export function createWorkerSets(releases: SnapshotSource): WorkerSets {
  return {
    target(typeUrl, { gateway, key }) {
      if (typeUrl !== RESOURCE_TYPE_URL && typeUrl !== ADDRESS_TYPE_URL) return undefined;
      const target = releases.target(gateway, key);
      const removals = target?.gatewayExists ?? false;
      if (target === undefined || typeUrl === ADDRESS_TYPE_URL) {
        return { set: EMPTY_SET, label: '', removals };
      }
      return { set: target.snapshot, label: target.snapshot.label, removals };
    },
    byLabel: (typeUrl, { gateway }, label) =>
      typeUrl === RESOURCE_TYPE_URL ? releases.byLabel(gateway, label) : undefined,
    onChange: (listener) => releases.onChange((gateway) => listener(gateway)),
    ready: () => releases.ready(),
  };
}
