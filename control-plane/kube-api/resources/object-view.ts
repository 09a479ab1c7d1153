// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../policy/kube-object.js';
import type { ObjectList } from '../../source/object-door.js';
import type { StopWatch } from '../../store/store.js';

/** What became of one object at one version. */
export interface ObservedChange {
  readonly version: number;
  /** Undefined = created, or not known any more (changes from before this process). */
  readonly before: KubeObject | undefined;
  /** Undefined = deleted. */
  readonly after: KubeObject | undefined;
  /** Set when another change of the same version follows. */
  readonly isContinued?: true;
}

/** The objects of one kind as the API shows them: now, as they were, and as they change. */
export interface ObjectView {
  /** `namespace` is empty for kinds without namespaces. */
  get(namespace: string, name: string): KubeObject | undefined;
  /** `namespace` undefined = all. Sorted by namespace and name. */
  list(namespace: string | undefined): ObjectList;
  /** As `list` was at a version. Throws EXPIRED when its changes are no longer kept. */
  listAt(version: number, namespace: string | undefined): ObjectList;
  /** Of the newest state; what `list` says as resourceVersion. */
  version(): number;
  /**
   * Calls `onChange` for every change after `after`, in order, exactly once: first for those that were, before
   * it returns, then as they come. Throws EXPIRED when they are no longer kept, or belong to another history.
   */
  watch(after: number, onChange: (change: ObservedChange) => void): StopWatch;
}
