// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../policy/kube-object.js';
import { type ContinueToken, decodeContinue } from './continue-token.js';
import { selectPage } from './list-page.js';
import type { Selection } from './selection.js';

const sorted: readonly KubeObject[] = ['a/a', 'a/b', 'a/c', 'a-b/a', 'b/a'].map((path) => {
  const [namespace = '', name = ''] = path.split('/');
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } };
});
const pathOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;

/** Every page, by the tokens that the pages give. */
function allPages(limit: number, selection?: Selection) {
  const pages: { readonly objects: string[]; readonly left: number | undefined }[] = [];
  let page: ContinueToken | undefined;
  do {
    const { objects, metadata } = selectPage(sorted, { selection, limit, page, version: 9 });
    pages.push({ objects: objects.map(pathOf), left: metadata.remainingItemCount });
    assert.equal(metadata.resourceVersion, '9');
    page = metadata.continue === undefined ? undefined : decodeContinue(metadata.continue);
    if (page !== undefined) assert.equal(page.version, 9);
  } while (page !== undefined);
  return pages;
}

describe('selectPage', () => {
  it('gives everything without a limit', () => {
    assert.deepEqual(allPages(0), [{ objects: sorted.map(pathOf), left: undefined }]);
  });
  it('counts what is left, and ends without a token', () => {
    assert.deepEqual(allPages(2), [
      { objects: ['a/a', 'a/b'], left: 3 },
      { objects: ['a/c', 'a-b/a'], left: 1 },
      { objects: ['b/a'], left: undefined },
    ]);
    assert.deepEqual(allPages(5), [{ objects: sorted.map(pathOf), left: undefined }]);
  });
  it('has full pages of what is selected, and then counts nothing', () => {
    assert.deepEqual(
      allPages(2, ({ metadata }) => metadata.name !== 'b'),
      [
        { objects: ['a/a', 'a/c'], left: undefined },
        { objects: ['a-b/a', 'b/a'], left: undefined },
      ],
    );
  });
  it('begins behind an object that is gone', () => {
    const page = { version: 9, after: { namespace: 'a', name: 'bb' } };
    const { objects } = selectPage(sorted, { selection: undefined, limit: 1, page, version: 9 });
    assert.deepEqual(objects.map(pathOf), ['a/c']);
  });
});
