// SPDX-License-Identifier: Apache-2.0
import { type Snapshot, snapshotLabel } from '../snapshot/snapshot.js';
import { type GatewayRelease, KEPT_VERSIONS, type ReleaseVersion } from './gateway-release.js';
import { toPages } from './pages.js';

/** The transaction that made the version. */
export interface VersionCause {
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly author: string;
  readonly reason: string;
}

export interface Publication {
  readonly release: GatewayRelease;
  /** Undefined when the content equals the head's: then nothing changed at all. */
  readonly newVersion: ReleaseVersion | undefined;
  /** Versions that left history, oldest first. */
  readonly dropped: readonly ReleaseVersion[];
}

/**
 * The one mutator of a release. Content is compared with the head only, so A → B → A makes three
 * versions: history tells what happened, not which contents ever were.
 */
export function publishVersion(
  release: GatewayRelease | undefined,
  snapshot: Snapshot,
  cause: VersionCause,
): Publication {
  const head = release?.versions.at(-1);
  if (release !== undefined && head?.hash === snapshot.hash) {
    return { release, newVersion: undefined, dropped: [] };
  }
  const number = (release?.head ?? 0) + 1;
  const newVersion: ReleaseVersion = {
    number,
    hash: snapshot.hash,
    label: snapshotLabel(number, snapshot.hash),
    time: cause.time,
    author: cause.author,
    reason: cause.reason,
    pages: toPages(snapshot.resources.values(), head?.pages),
  };
  const versions = [...(release?.versions ?? []), newVersion];
  const kept = versions.filter(keepIn(versions, release?.pin?.number));
  return {
    release: {
      gateway: snapshot.gateway,
      versions: kept,
      head: number,
      // Every worker follows the head until rollouts exist.
      stable: number,
      ...(release?.pin === undefined ? {} : { pin: release.pin }),
    },
    newVersion,
    dropped: versions.filter((version) => !kept.includes(version)),
  };
}

function keepIn(
  versions: readonly ReleaseVersion[],
  pinned: number | undefined,
): (version: ReleaseVersion) => boolean {
  const oldestRecent = versions.slice(-KEPT_VERSIONS)[0]?.number ?? 0;
  return ({ number }) => number >= oldestRecent || number === pinned;
}
