// SPDX-License-Identifier: Apache-2.0

import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { GatewayRef } from '../../shared/events/event.js';
import type { JsonValue, Op } from '../log/transaction.js';
import { type Snapshot, snapshotLabel } from '../snapshot/snapshot.js';
import type { GatewayRelease, ReleaseVersion } from './gateway-release.js';
import type { Page, ResourcePair } from './pages.js';
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
  // A page is written after its contents and removed before them: where it is, they are.
  const newPages = newVersion.pages.filter(
    (page) => read(pageKey(gateway, page.hash)) === undefined,
  );
  const puts = new Map<string, JsonValue>();
  for (const [name, hash] of newPages.flatMap((page) => page.pairs)) {
    const key = contentKey(gateway, hash);
    const bytes = snapshot.resources.get(name)?.bytes;
    if (bytes !== undefined && !puts.has(key) && read(key) === undefined) {
      puts.set(key, toBase64(bytes));
    }
  }
  for (const page of newPages) puts.set(pageKey(gateway, page.hash), page.pairs);
  puts.set(versionKey(gateway, newVersion.number), versionRecord(newVersion));
  return [
    ...[...puts].map(([key, value]): Op => ({ op: 'put', key, value })),
    { op: 'put', key: releaseKey(gateway), value: releaseRecord(release), expectedRevision },
    ...planRemovals(release, dropped),
  ];
}

/** The versions that left history, and what only they were made of. */
function planRemovals(
  { gateway, versions }: GatewayRelease,
  dropped: readonly ReleaseVersion[],
): readonly Op[] {
  const kept = pagesByHash(versions);
  const unused = [...pagesByHash(dropped).values()].filter(({ hash }) => !kept.has(hash));
  const keys = [
    ...dropped.map(({ number }) => versionKey(gateway, number)),
    ...unused.map(({ hash }) => pageKey(gateway, hash)),
    ...[...unusedContents(kept, unused)].map((hash) => contentKey(gateway, hash)),
  ];
  return keys.map((key) => ({ op: 'delete', key }));
}

function pagesByHash(versions: readonly ReleaseVersion[]): ReadonlyMap<string, Page> {
  return new Map(versions.flatMap(({ pages }) => pages.map((page) => [page.hash, page])));
}

/** A content of a page that nobody keeps may still be on another page. */
function unusedContents(
  kept: ReadonlyMap<string, Page>,
  unused: readonly Page[],
): ReadonlySet<string> {
  const contents = new Set(unused.flatMap(({ pairs }) => pairs.map(([, hash]) => hash)));
  for (const { pairs } of kept.values()) {
    if (contents.size === 0) break;
    for (const [, hash] of pairs) contents.delete(hash);
  }
  return contents;
}

/** Reads a release back; throws when a part it names is not there. */
export function readRelease(read: ReadValue, record: JsonValue): GatewayRelease {
  // Only this file writes the record.
  const { versions, ...rest } = record as unknown as ReleaseRecord;
  const known = new Map<string, Page>();
  const page = (hash: string): Page => {
    const found = known.get(hash) ?? { hash, pairs: readPage(read, pageKey(rest.gateway, hash)) };
    known.set(hash, found);
    return found;
  };
  return {
    ...rest,
    versions: versions.map((number) => {
      const version = readVersion(read, rest.gateway, number);
      if (version === undefined) throw missing(versionKey(rest.gateway, number));
      const { pages, ...facts } = version;
      return { number, label: snapshotLabel(number, facts.hash), ...facts, pages: pages.map(page) };
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
export function keysOfRelease({ gateway, versions }: GatewayRelease): readonly string[] {
  return [
    ...versions.map(({ number }) => versionKey(gateway, number)),
    ...[...pagesByHash(versions).values()].flatMap(({ hash, pairs }) => [
      pageKey(gateway, hash),
      ...pairs.map(([, contentHash]) => contentKey(gateway, contentHash)),
    ]),
  ];
}

function releaseRecord({ versions, ...rest }: GatewayRelease): JsonValue {
  const record: ReleaseRecord = { ...rest, versions: versions.map(({ number }) => number) };
  return record as unknown as JsonValue;
}

function versionRecord({ hash, time, author, reason, pages }: ReleaseVersion): JsonValue {
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
