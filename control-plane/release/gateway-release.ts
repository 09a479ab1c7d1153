// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef } from '../../shared/events/event.js';
import type { Page } from './pages.js';

/** One version in a gateway's history. Contents are stored once per hash, under their own keys. */
export interface ReleaseVersion {
  readonly number: number;
  readonly hash: string;
  readonly label: string;
  /** Milliseconds since the Unix epoch of the transaction that caused it. */
  readonly time: number;
  readonly author: string;
  readonly reason: string;
  /** Names and content hashes of its resources, sorted by name; versions share the pages they have in common. */
  readonly pages: readonly Page[];
}

/**
 * Which versions of one gateway exist and which the workers should run. One object, one mutator
 * (release.ts); history, rollout and rollback all read and write it.
 */
export interface GatewayRelease {
  readonly gateway: GatewayRef;
  /** Oldest first; at most KEPT_VERSIONS plus those that are pinned, stable or targeted. */
  readonly versions: readonly ReleaseVersion[];
  /** Number of the newest version, 0 before the first. */
  readonly head: number;
  /** Number of the version every worker falls back to; equal to head until rollouts exist. */
  readonly stable: number;
  /** Set by a manual rollback (comes with the push API); undefined = follow head. */
  readonly pin?: { readonly number: number; readonly by: string; readonly reason: string };
}

/** Versions kept in history (design-control-plane §4). */
export const KEPT_VERSIONS = 20;
