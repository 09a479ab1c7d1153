// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';

/** [Resource.name, content hash]. */
export type ResourcePair = readonly [string, string];

/** A run of a version's resource list; its hash names it, so equal runs are stored once. */
export interface Page {
  readonly hash: string;
  /** Never empty. */
  readonly pairs: readonly ResourcePair[];
}

/** What a list of resources is cut from; a snapshot's resources have it. */
export interface ListedResource {
  readonly name: string;
  readonly hash: string;
}

/** Bounds a page when no border comes by chance; a page of this many pairs is about 100 KB. */
const MAX_PAGE_PAIRS = 1024;
/** 1 of 256 names ends a page: 256 pairs, about 24 KB, on average. */
const BORDER_MASK = 0xff;

/**
 * Cuts the list at names chosen by their own hash, not by position. One changed resource changes one page,
 * and one inserted resource does too, so that a change to a gateway with 10,000 resources writes 24 KB
 * to the log and not 1 MB. A run that is a page of `known` (the version before) is that very page.
 */
export function toPages(
  resources: Iterable<ListedResource>,
  known: readonly Page[] = [],
): readonly Page[] {
  const knownByFirst = new Map(known.map((page) => [page.pairs[0]?.[0], page]));
  const pages: Page[] = [];
  let run: ListedResource[] = [];
  const cut = (): void => {
    if (run.length > 0) pages.push(samePage(knownByFirst.get(run[0]?.name), run) ?? newPage(run));
    run = [];
  };
  for (const resource of resources) {
    run.push(resource);
    if (run.length >= MAX_PAGE_PAIRS || isBorder(resource.name)) cut();
  }
  cut();
  return pages;
}

function samePage(page: Page | undefined, run: readonly ListedResource[]): Page | undefined {
  if (page?.pairs.length !== run.length) return undefined;
  const isSame = run.every(({ name, hash: contentHash }, at) => {
    const pair = page.pairs[at];
    return pair?.[1] === contentHash && pair[0] === name;
  });
  return isSame ? page : undefined;
}

function newPage(run: readonly ListedResource[]): Page {
  const pairs = run.map(({ name, hash: contentHash }) => [name, contentHash] as const);
  return { hash: hash('sha256', JSON.stringify(pairs)).slice(0, 32), pairs };
}

/** FNV-1a: any spread will do here, and ten thousand names are asked at every change. */
function isBorder(name: string): boolean {
  let state = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) {
    state = Math.imul(state ^ name.charCodeAt(at), 0x01000193);
  }
  // The low bits of FNV-1a depend on the last characters most; the fold brings the others in.
  return ((state ^ (state >>> 16)) & BORDER_MASK) === 0;
}
