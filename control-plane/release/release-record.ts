// SPDX-License-Identifier: Apache-2.0

import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { GatewayRef } from '../../shared/events/event.js';
import type { JsonValue, Op } from '../log/transaction.js';
import { type Snapshot, snapshotLabel } from '../snapshot/snapshot.js';
import type { GatewayRelease, ReleaseVersion } from './gateway-release.js';
import { type ResourcePair, toPages } from './pages.js';
import type { Publication } from './release.js';
import { contentKey, pageKey, releaseKey, versionKey } from './release-keys.js';

/** A stored value by its key. */
export type ReadValue = (key: string) => JsonValue | undefined;

interface ReleaseRecord {
  readonly gateway: GatewayRef;
  readonly head: number;
  readonly stable: number;
  readonly pin?: { readonly number: number; readonly by: string; readonly reason: string };
  readonly versions: readonly number[];
}

interface VersionRecord {
  readonly hash: string;
  readonly time: number;
  readonly author: string;
  readonly reason: string;
  /** Hashes of the pages, in order. */
  readonly pages: readonly string[];
}

/**
 * The operations that store a publication, in an order in which it may stop anywhere: what is named is
 * written before what names it, and nothing is removed before the new state stands.
 */
export function planReleaseOps(
  read: ReadValue,
  { release, newVersion, dropped }: Publication,
  snapshot: Snapshot,
  expectedRevision: number,
): readonly Op[] {
  if (newVersion === undefined) return [];
  const { gateway } = release;
  const pages = toPages(newVersion.resources);
  const puts = new Map<string, JsonValue>();
  for (const { hash, bytes } of snapshot.resources.values()) {
    const key = contentKey(gateway, hash);
    if (read(key) === undefined && !puts.has(key)) puts.set(key, toBase64(bytes));
  }
  for (const page of pages) {
    const key = pageKey(gateway, page.hash);
    if (read(key) === undefined) puts.set(key, page.pairs);
  }
  puts.set(versionKey(gateway, newVersion.number), versionRecord(newVersion, pages));
  return [
    ...[...puts].map(([key, value]): Op => ({ op: 'put', key, value })),
    { op: 'put', key: releaseKey(gateway), value: releaseRecord(release), expectedRevision },
    ...planRemovals(read, release, dropped, new Set(pages.map((page) => page.hash))),
  ];
}

/** The versions that left history, and what only they were made of. */
function planRemovals(
  read: ReadValue,
  release: GatewayRelease,
  dropped: readonly ReleaseVersion[],
  newPages: ReadonlySet<string>,
): readonly Op[] {
  const { gateway, versions } = release;
  const pagesOf = (version: ReleaseVersion): readonly string[] =>
    readVersion(read, gateway, version.number)?.pages ?? [];
  const keptPages = new Set([...newPages, ...versions.flatMap(pagesOf)]);
  const contents = unusedContents(versions, dropped);
  const keys = [
    ...dropped.map(({ number }) => versionKey(gateway, number)),
    ...new Set(
      dropped
        .flatMap(pagesOf)
        .filter((hash) => !keptPages.has(hash))
        .map((hash) => pageKey(gateway, hash)),
    ),
    ...[...contents].map((hash) => contentKey(gateway, hash)),
  ];
  return keys.map((key) => ({ op: 'delete', key }));
}

function unusedContents(
  kept: readonly ReleaseVersion[],
  dropped: readonly ReleaseVersion[],
): ReadonlySet<string> {
  const unused = new Set(dropped.flatMap(({ resources }) => resources.map(([, hash]) => hash)));
  for (const { resources } of kept) {
    if (unused.size === 0) break;
    for (const [, hash] of resources) unused.delete(hash);
  }
  return unused;
}

/** Reads a release back; throws when a part it names is not there. */
export function readRelease(read: ReadValue, record: JsonValue): GatewayRelease {
  // Only this file writes the record.
  const { versions, ...rest } = record as unknown as ReleaseRecord;
  return {
    ...rest,
    versions: versions.map((number) => {
      const version = readVersion(read, rest.gateway, number);
      if (version === undefined) throw missing(versionKey(rest.gateway, number));
      const { pages, ...facts } = version;
      const resources = pages.flatMap((hash) => readPage(read, pageKey(rest.gateway, hash)));
      return { number, label: snapshotLabel(number, facts.hash), ...facts, resources };
    }),
  };
}

/** Bytes of a resource that a kept version names. */
export function readContent(read: ReadValue, gateway: GatewayRef, hash: string): Uint8Array {
  const key = contentKey(gateway, hash);
  const value = read(key);
  if (typeof value !== 'string') throw missing(key);
  return Buffer.from(value, 'base64');
}

/** Every key that a release is made of, for telling what was left behind by a write that stopped. */
export function keysOfRelease(read: ReadValue, release: GatewayRelease): readonly string[] {
  const { gateway, versions } = release;
  return versions.flatMap(({ number, resources }) => [
    versionKey(gateway, number),
    ...(readVersion(read, gateway, number)?.pages ?? []).map((hash) => pageKey(gateway, hash)),
    ...resources.map(([, hash]) => contentKey(gateway, hash)),
  ]);
}

function releaseRecord({ versions, ...rest }: GatewayRelease): JsonValue {
  const record: ReleaseRecord = { ...rest, versions: versions.map(({ number }) => number) };
  return record as unknown as JsonValue;
}

function versionRecord(
  { hash, time, author, reason }: ReleaseVersion,
  pages: readonly { readonly hash: string }[],
): JsonValue {
  return { hash, time, author, reason, pages: pages.map((page) => page.hash) };
}

function readVersion(
  read: ReadValue,
  gateway: GatewayRef,
  number: number,
): VersionRecord | undefined {
  return read(versionKey(gateway, number)) as unknown as VersionRecord | undefined;
}

function readPage(read: ReadValue, key: string): readonly ResourcePair[] {
  const page = read(key);
  if (page === undefined) throw missing(key);
  return page as unknown as readonly ResourcePair[];
}

function missing(key: string): HeartlineError {
  return new HeartlineError(
    'STORE_FAILED',
    `${key} is named by a release and not in the store: the data directory is damaged, restore it from a copy`,
    { subject: key },
  );
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
