// SPDX-License-Identifier: Apache-2.0
import type { Kind } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';

/** Where objects come from: the API over our own log, a folder of manifests, a real cluster. */
export type SourceName = 'embedded' | 'manifests' | 'kubernetes';

/** Who asks and why; every write carries it into the log. */
export interface Caller {
  readonly actor: string;
  readonly reason: string;
  /** Owns what it creates, and only it may write that afterwards. Default `embedded`. */
  readonly source?: SourceName;
  /** Where in the source, as messages name it: a file, a cluster. Default: empty. */
  readonly sourceDetail?: string;
}

/** One wanted change. `object` is what the client sent, already parsed, not yet validated. */
export type ObjectChange =
  | {
      readonly verb: 'create' | 'replace';
      readonly kind: Kind;
      readonly namespace: string;
      readonly name: string;
      readonly object: unknown;
    }
  | {
      readonly verb: 'delete';
      readonly kind: Kind;
      readonly namespace: string;
      readonly name: string;
      /** Preconditions of DeleteOptions; absent = any. */
      readonly resourceVersion?: string;
    };

export interface ApplyRequest {
  readonly caller: Caller;
  /** All or nothing: one transaction. */
  readonly changes: readonly ObjectChange[];
  /** Validates, defaults and plans, and stores nothing. */
  readonly dryRun: boolean;
  /** What to do with fields the schema does not know. */
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
}

export interface ChangeResult {
  readonly outcome: 'created' | 'configured' | 'unchanged' | 'deleted';
  /** As stored (after a delete: as it was), status included. */
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

export interface ObjectList {
  readonly objects: readonly KubeObject[];
  /** Log sequence of the state that was read, decimal. */
  readonly resourceVersion: string;
}

/**
 * The one door to objects: every API calls it, so that every API behaves the same.
 * Expected failures are thrown as HeartlineError: INVALID_OBJECT with every problem, NOT_FOUND,
 * ALREADY_EXISTS, CONFLICT (resourceVersion), OWNED_ELSEWHERE (another source's object), TOO_LARGE, STORE_FAILED.
 */
export interface ObjectDoor {
  applyObjects(request: ApplyRequest): Promise<readonly ChangeResult[]>;
  get(kind: Kind, namespace: string, name: string): KubeObject | undefined;
  /** `namespace` undefined = all. Sorted by namespace and name. */
  list(kind: Kind, namespace: string | undefined): ObjectList;
}
