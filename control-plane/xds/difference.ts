// SPDX-License-Identifier: Apache-2.0
import type { SnapshotResource } from '../snapshot/snapshot.js';
import type { ResourceSet } from './holding.js';
import type { SetDifference } from './response-plan.js';

/** What leads from one set to another. Both maps are in sorted order of names, and so are both lists. */
export function diffSets(from: ResourceSet | undefined, to: ResourceSet): SetDifference {
  if (from === undefined) return { resources: [...to.resources.values()], removed: [] };
  if (from.hash === to.hash) return { resources: [], removed: [] };
  const resources: SnapshotResource[] = [];
  for (const resource of to.resources.values()) {
    if (from.resources.get(resource.name)?.hash !== resource.hash) resources.push(resource);
  }
  const removed = [...from.resources.keys()].filter((name) => !to.resources.has(name));
  return { resources, removed };
}
