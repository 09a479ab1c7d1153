// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../../shared/names/sort.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { ItemPath } from '../resources/resource-paths.js';
import { type ContinueToken, encodeContinue } from './continue-token.js';
import type { Selection } from './selection.js';

export interface PageRequest {
  readonly selection: Selection;
  /** 0 = all. */
  readonly limit: number;
  readonly page: ContinueToken | undefined;
  /** Of the state that the objects are of. */
  readonly version: number;
}

/** metav1.ListMeta. */
export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  /** Absent with selectors: they would have to be asked about objects that nobody wants yet. */
  readonly remainingItemCount?: number;
}

export interface ListPage {
  readonly objects: readonly KubeObject[];
  readonly metadata: ListMeta;
}

/** The objects of one page and where the next begins; `sorted` by namespace and name. */
export function selectPage(sorted: readonly KubeObject[], request: PageRequest): ListPage {
  const { selection, limit, page, version } = request;
  const from = page === undefined ? 0 : firstAfter(sorted, page.after);
  const metadata = { resourceVersion: String(version) };
  if (limit === 0) {
    const rest = from === 0 ? sorted : sorted.slice(from);
    return { objects: selection === undefined ? rest : rest.filter(selection), metadata };
  }
  const objects: KubeObject[] = [];
  for (let index = from; index < sorted.length; index += 1) {
    const object = sorted[index];
    if (object === undefined || selection?.(object) === false) continue;
    const last = objects.at(-1);
    if (objects.length === limit && last !== undefined) {
      const token = encodeContinue({ version, after: pathOf(last) });
      const remainingItemCount = sorted.length - index;
      const count = selection === undefined ? { remainingItemCount } : {};
      return { objects, metadata: { ...metadata, continue: token, ...count } };
    }
    objects.push(object);
  }
  return { objects, metadata };
}

/** By halving. */
function firstAfter(sorted: readonly KubeObject[], after: ItemPath): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const object = sorted[middle];
    if (object !== undefined && comparePaths(pathOf(object), after) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function comparePaths(a: ItemPath, b: ItemPath): number {
  return compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}

function pathOf({ metadata }: KubeObject): ItemPath {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}
