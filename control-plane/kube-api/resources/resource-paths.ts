// SPDX-License-Identifier: Apache-2.0
import { apiPathOf, type Kind } from '../../policy/kinds.js';

/** The routes of one kind, with `:namespace` and `:name` for what differs. */
export interface ResourcePaths {
  /** All namespaces; the same as `collection` for kinds that have none. */
  readonly everywhere: string;
  readonly collection: string;
  readonly item: string;
}

export interface ItemPath {
  /** Empty for kinds without namespaces. */
  readonly namespace: string;
  readonly name: string;
}

/** What fastify found for the colons of a path. */
export type ItemParams = Partial<ItemPath>;

export function resourcePaths(kind: Kind): ResourcePaths {
  const everywhere = `${apiPathOf(kind)}/${kind.plural}`;
  const collection = kind.namespaced
    ? `${apiPathOf(kind)}/namespaces/:namespace/${kind.plural}`
    : everywhere;
  return { everywhere, collection, item: `${collection}/:name` };
}

export function itemPathOf({ namespace = '', name = '' }: ItemParams): ItemPath {
  return { namespace, name };
}
