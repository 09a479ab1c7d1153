// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../policy/kube-object.js';
import type { ObservedChange } from '../resources/object-view.js';
import type { Selection } from './selection.js';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** What a watcher asks for; `namespace` undefined = all. */
export interface WatchScope {
  readonly namespace: string | undefined;
  readonly selection: Selection;
}

/**
 * What a change is to a watcher: an object that comes to be selected is added, one that is no longer
 * selected is deleted. Undefined = nothing.
 */
export function transitionOf(
  { before, after }: ObservedChange,
  scope: WatchScope,
): ChangeType | undefined {
  const was = before !== undefined && isInScope(before, scope);
  const is = after !== undefined && isInScope(after, scope);
  if (was) return is ? 'MODIFIED' : 'DELETED';
  return is ? 'ADDED' : undefined;
}

export function isInScope(object: KubeObject, { namespace, selection }: WatchScope): boolean {
  const isThere = namespace === undefined || object.metadata.namespace === namespace;
  return isThere && selection?.(object) !== false;
}

/**
 * The object that an event carries. One that goes is shown as it was, at the version of its end; when more of
 * one transaction follows, at the version before it, so that a client that is cut off in between asks for
 * the whole transaction again.
 */
export function eventObject(change: ObservedChange, type: ChangeType): KubeObject | undefined {
  const { before, after, version, isContinued } = change;
  if (type !== 'DELETED') return after;
  if (before === undefined) return undefined;
  const resourceVersion = String(isContinued && after === undefined ? version - 1 : version);
  return { ...before, metadata: { ...before.metadata, resourceVersion } };
}
