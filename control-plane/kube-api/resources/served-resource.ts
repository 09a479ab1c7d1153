// SPDX-License-Identifier: Apache-2.0
import type { Kind } from '../../policy/kinds.js';
import type { StructuralSchema } from '../../policy/structural-schema.js';
import type { ObjectView } from './object-view.js';
import type { PrinterColumn } from './printer-column.js';

/** What the API lets clients do with a resource, in Kubernetes' words. */
export type Verb =
  | 'create'
  | 'delete'
  | 'deletecollection'
  | 'get'
  | 'list'
  | 'patch'
  | 'update'
  | 'watch';

/** What a resource that is computed and never stored can do. */
export const READ_VERBS: readonly Verb[] = ['get', 'list', 'watch'];

/** One kind that the API serves: what routes, discovery, OpenAPI, tables, watches and access reviews are made from. */
export interface ServedResource {
  readonly kind: Kind;
  /** Sorted. */
  readonly verbs: readonly Verb[];
  /** Names below an object, such as `status`; sorted. */
  readonly subresources: readonly string[];
  readonly schema: StructuralSchema;
  /** Of `kubectl get`, in order, the name included. */
  readonly columns: readonly PrinterColumn[];
  /**
   * Paths such as `involvedObject.name` that a fieldSelector may name, beside metadata.name and
   * metadata.namespace.
   */
  readonly selectableFields: readonly string[];
  readonly view: ObjectView;
}
