// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef } from '../../shared/events/event.js';

/** One encoded resource; identity is its content hash, which is also Resource.version on the wire. */
export interface SnapshotResource {
  /** Resource.name, `<kind>/<key>`. */
  readonly name: string;
  /** sha256 of `bytes`, lower-case hex, first 32 digits. */
  readonly hash: string;
  /** The value of the Any: an encoded agentgateway.dev.resource.Resource. */
  readonly bytes: Uint8Array;
}

/** The immutable policy part of one gateway at one version. */
export interface Snapshot {
  readonly gateway: GatewayRef;
  /** sha256 over the sorted (name, hash) pairs, lower-case hex. Equal content, equal hash, everywhere. */
  readonly hash: string;
  /** By name, in sorted order of names. */
  readonly resources: ReadonlyMap<string, SnapshotResource>;
}

/** A snapshot with the version number the log gave it; what streams carry. */
export interface VersionedSnapshot extends Snapshot {
  /** Counts this gateway's changes from 1; never compared, only shown. */
  readonly number: number;
  /** `N-<first 8 digits of hash>`, the system_version_info of responses. */
  readonly label: string;
}

export function snapshotLabel(number: number, hash: string): string {
  return `${number}-${hash.slice(0, 8)}`;
}
