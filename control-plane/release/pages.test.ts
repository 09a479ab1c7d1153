// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toPages as cutPages, type ListedResource, type Page, type ResourcePair } from './pages.js';

const listed = (pairs: readonly ResourcePair[]): ListedResource[] =>
  pairs.map(([name, hash]) => ({ name, hash }));

function toPages(pairs: readonly ResourcePair[], known?: readonly Page[]): readonly Page[] {
  return cutPages(listed(pairs), known);
}

function pairsOf(count: number): ResourcePair[] {
  return Array.from({ length: count }, (_, i) => [`policy/${String(i).padStart(5, '0')}`, 'aa']);
}

function newPages(before: readonly ResourcePair[], after: readonly ResourcePair[]): number {
  const held = new Set(toPages(before).map((page) => page.hash));
  return toPages(after).filter((page) => !held.has(page.hash)).length;
}

describe('toPages', () => {
  for (const count of [0, 1, 8, 2_000, 10_000]) {
    test(`${count} resources: the pages together are the list`, () => {
      const pairs = pairsOf(count);
      const pages = toPages(pairs);
      assert.deepEqual(
        pages.flatMap((page) => page.pairs),
        pairs,
      );
      assert.ok(pages.every((page) => page.pairs.length > 0 && page.pairs.length <= 1024));
      assert.deepEqual(toPages(pairs), pages);
    });
  }

  const pairs = pairsOf(10_000);
  const changes: [string, ResourcePair[]][] = [
    ['one changed', pairs.with(5_000, ['policy/05000', 'bb'])],
    ['one inserted', pairs.toSpliced(5_000, 0, ['policy/04999-new', 'bb'])],
    ['one removed', pairs.toSpliced(5_000, 1)],
  ];
  for (const [name, after] of changes) {
    test(`10,000 resources, ${name}: at most two new pages`, () => {
      const count = newPages(pairs, after);
      assert.ok(count >= 1 && count <= 2, `${count} new pages`);
    });
  }

  for (const [name, after] of changes) {
    test(`10,000 resources, ${name}: what did not change is shared, and the result is the same`, () => {
      const before = toPages(pairs);
      const pages = toPages(after, before);
      assert.deepEqual(pages, toPages(after));
      const isNew = (page: Page): boolean => !before.includes(page);
      assert.equal(pages.filter(isNew).length, newPages(pairs, after));
    });
  }

  test('names of one shape are cut as well as any others', () => {
    const count = toPages(pairs).length;
    assert.ok(count > 20 && count < 80, `${count} pages of 10,000 names`);
  });
});
