// SPDX-License-Identifier: Apache-2.0

import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { GatewayRef } from '../../shared/events/event.js';
import { gatewayKey } from '../../shared/events/gateway-key.js';
import type { Clock } from '../../shared/time/clock.js';
import { splitOps } from '../log/split-ops.js';
import type { JsonValue, Op } from '../log/transaction.js';
import type { GatewayRelease, ReleaseVersion } from '../release/gateway-release.js';
import { publishVersion, type VersionCause } from '../release/release.js';
import {
  CONTENT_PREFIX,
  PAGE_PREFIX,
  RELEASE_PREFIX,
  releaseKey,
  VERSION_PREFIX,
} from '../release/release-keys.js';
import {
  keysOfRelease,
  planReleaseOps,
  readContent,
  readRelease,
} from '../release/release-record.js';
import type { Snapshot, SnapshotResource, VersionedSnapshot } from '../snapshot/snapshot.js';
import type { Store } from '../store/store.js';

const ACTOR = 'reconciler';

/** The releases of every gateway, in memory and in the store. */
export interface ReleaseBook {
  /** Reads everything that was ever published; nothing else may be called before it resolved. */
  load(): Promise<void>;
  /**
   * Stores a new version and then shows it; undefined when the content equals the head's. A gateway's
   * publications must not overlap. Throws what the store throws: then the last version stands.
   */
  publish(snapshot: Snapshot, cause: VersionCause): Promise<VersionedSnapshot | undefined>;
  release(gateway: GatewayRef): GatewayRelease | undefined;
  head(gateway: GatewayRef): VersionedSnapshot | undefined;
  byLabel(gateway: GatewayRef, label: string): VersionedSnapshot | undefined;
  /** `cluster/namespace/name` of every gateway that has a release. */
  gateways(): readonly GatewayRef[];
}

interface Held {
  readonly release: GatewayRelease;
  readonly head: VersionedSnapshot;
  /** Older versions that somebody asked for, by label. */
  readonly rebuilt: Map<string, VersionedSnapshot>;
}

export function createReleaseBook(store: Store, clock: Pick<Clock, 'wallMs'>): ReleaseBook {
  const held = new Map<string, Held>();
  const read = (key: string): JsonValue | undefined => store.get(key)?.value;

  const commit = async (ops: readonly Op[], reason: string): Promise<void> => {
    // One after the other: when one fails, nothing that names its contents may follow.
    for (const run of splitOps(ops)) {
      const result = await store.commit({ actor: ACTOR, reason, time: clock.wallMs(), ops: run });
      if (!result.ok) throw new HeartlineError('CONFLICT', result.refusal.message);
    }
  };
  const hold = (release: GatewayRelease, head: VersionedSnapshot): void => {
    const rebuilt = held.get(gatewayKey(release.gateway))?.rebuilt ?? new Map();
    for (const label of rebuilt.keys()) {
      if (!release.versions.some((version) => version.label === label)) rebuilt.delete(label);
    }
    held.set(gatewayKey(release.gateway), { release, head, rebuilt });
  };
  const rebuild = (
    gateway: GatewayRef,
    version: ReleaseVersion,
    newer?: Snapshot,
  ): VersionedSnapshot => {
    const { hash, label, number } = version;
    const resources = version.pages
      .flatMap(({ pairs }) => pairs)
      .map(([name, contentHash]): [string, SnapshotResource] => {
        const shared = newer?.resources.get(name);
        if (shared?.hash === contentHash) return [name, shared];
        return [name, { name, hash: contentHash, bytes: readContent(read, gateway, contentHash) }];
      });
    return { gateway, hash, label, number, resources: new Map(resources) };
  };

  return {
    async load() {
      for (const { value } of store.list(RELEASE_PREFIX).entries) {
        const release = readRelease(read, value);
        const newest = release.versions.at(-1);
        if (newest !== undefined) hold(release, rebuild(release.gateway, newest));
      }
      await commit(
        planSweep(
          store,
          [...held.values()].map(({ release }) => release),
        ),
        'remove what an interrupted write left behind',
      );
    },
    async publish(snapshot, cause) {
      const before = held.get(gatewayKey(snapshot.gateway))?.release;
      const publication = publishVersion(before, snapshot, cause);
      const { newVersion, release } = publication;
      if (newVersion === undefined) return undefined;
      const { label, number } = newVersion;
      const revision = store.get(releaseKey(snapshot.gateway))?.revision ?? 0;
      await commit(planReleaseOps(read, publication, snapshot, revision), `publish ${label}`);
      const head: VersionedSnapshot = { ...snapshot, label, number };
      hold(release, head);
      return head;
    },
    release: (gateway) => held.get(gatewayKey(gateway))?.release,
    head: (gateway) => held.get(gatewayKey(gateway))?.head,
    byLabel(gateway, label) {
      const found = held.get(gatewayKey(gateway));
      if (found === undefined || found.head.label === label) return found?.head;
      const known = found.rebuilt.get(label);
      if (known !== undefined) return known;
      const version = found.release.versions.find((one) => one.label === label);
      if (version === undefined) return undefined;
      const snapshot = rebuild(gateway, version, found.head);
      found.rebuilt.set(label, snapshot);
      return snapshot;
    },
    gateways: () => [...held.values()].map(({ release }) => release.gateway),
  };
}

/** Parts that no release names: a write of several transactions was cut off between them. */
function planSweep(store: Store, releases: readonly GatewayRelease[]): readonly Op[] {
  const named = new Set(releases.flatMap(keysOfRelease));
  return [VERSION_PREFIX, PAGE_PREFIX, CONTENT_PREFIX]
    .flatMap((prefix) => store.list(prefix).entries)
    .filter(({ key }) => !named.has(key))
    .map(({ key }) => ({ op: 'delete', key }));
}
