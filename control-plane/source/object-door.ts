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
  /** Who owns the fields that are written (metadata.managedFields). Default: the actor. */
  readonly fieldManager?: string;
}

/** The object that a change is about. */
export interface Target {
  readonly kind: Kind;
  /** Empty for kinds without namespaces. */
  readonly namespace: string;
  /** Empty only on a create whose object has metadata.generateName. */
  readonly name: string;
}

/** What a patch says, already parsed, not yet validated: the patched object is, never the patch. */
export type Patch =
  /** RFC 7396. */
  | { readonly type: 'merge'; readonly body: unknown }
  /** kubectl's own, for the kinds that are built into Kubernetes. */
  | { readonly type: 'strategic'; readonly body: unknown }
  /** RFC 6902. */
  | { readonly type: 'json'; readonly body: unknown }
  /** Server-side apply; `force` takes over what other managers own. Creates what does not exist. */
  | { readonly type: 'apply'; readonly body: unknown; readonly force: boolean };

/** Writes an object; `replace-status` its status alone, the others everything but the status. */
export interface ObjectWrite extends Target {
  readonly verb: 'create' | 'replace' | 'replace-status';
  /** What the client sent, already parsed, not yet validated. */
  readonly object: unknown;
  /** Fields that the client's text had more than once; treated as unknown ones are. Default: none. */
  readonly duplicateFields?: readonly string[];
}

export interface ObjectPatch extends Target {
  readonly verb: 'patch' | 'patch-status';
  readonly patch: Patch;
}

export interface ObjectDelete extends Target {
  readonly verb: 'delete';
  /** Preconditions of DeleteOptions; absent = any. */
  readonly resourceVersion?: string;
  readonly uid?: string;
}

/** One wanted change. */
export type ObjectChange = ObjectWrite | ObjectPatch | ObjectDelete;

export function isPatch(change: { readonly verb: string }): change is ObjectPatch {
  return change.verb === 'patch' || change.verb === 'patch-status';
}

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
