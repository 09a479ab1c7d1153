// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';

/** [Resource.name, content hash]. */
export type ResourcePair = readonly [string, string];

/** A run of a version's resource list; its hash names it, so equal runs are stored once. */
export interface Page {
  readonly hash: string;
  readonly pairs: readonly ResourcePair[];
}

/** Bounds a page when no border comes by chance; a page of this many pairs is about 100 KB. */
const MAX_PAGE_PAIRS = 1024;
/** 1 of 256 names ends a page: 256 pairs, about 24 KB, on average. */
const BORDER = '00';

/**
 * Cuts the list at names chosen by their own hash, not by position. One changed resource changes one page,
 * and one inserted resource does too, so that a change to a gateway with 10,000 resources writes 24 KB
 * to the log and not 1 MB.
 */
export function toPages(pairs: readonly ResourcePair[]): readonly Page[] {
  const pages: Page[] = [];
  let run: ResourcePair[] = [];
  const cut = (): void => {
    if (run.length > 0) pages.push({ hash: hashPage(run), pairs: run });
    run = [];
  };
  for (const pair of pairs) {
    run.push(pair);
    if (run.length >= MAX_PAGE_PAIRS || isBorder(pair[0])) cut();
  }
  cut();
  return pages;
}

function isBorder(name: string): boolean {
  return hash('sha256', name).startsWith(BORDER);
}

function hashPage(pairs: readonly ResourcePair[]): string {
  return hash('sha256', JSON.stringify(pairs)).slice(0, 32);
}
