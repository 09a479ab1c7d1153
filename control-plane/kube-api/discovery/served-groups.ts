// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../../shared/names/sort.js';
import type { ServedResource } from '../resources/served-resource.js';

/** A version of a group with what it serves, sorted by plural name. */
export interface ServedVersion {
  readonly version: string;
  readonly resources: readonly ServedResource[];
}

/** Versions come best first: stable before beta before alpha, then the newer. */
export interface ServedGroup {
  /** Empty for the core group. */
  readonly group: string;
  readonly versions: readonly ServedVersion[];
}

/** What is served, by group (sorted) and version. */
export function groupResources(resources: readonly ServedResource[]): readonly ServedGroup[] {
  const names = [...new Set(resources.map(({ kind }) => kind.group))].sort(compareText);
  return names.map((group) => ({
    group,
    versions: groupVersions(resources.filter(({ kind }) => kind.group === group)),
  }));
}

function groupVersions(members: readonly ServedResource[]): readonly ServedVersion[] {
  const versions = [...new Set(members.map(({ kind }) => kind.version))].sort(byPriority);
  return versions.map((version) => ({
    version,
    resources: members
      .filter(({ kind }) => kind.version === version)
      .sort((a, b) => compareText(a.kind.plural, b.kind.plural)),
  }));
}

/** Kubernetes' order of versions: v2, v1, v1beta2, v1beta1, v1alpha1, then whatever has another form. */
function byPriority(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  const difference = left.findIndex((value, index) => value !== right[index]);
  if (difference === -1) return compareText(a, b);
  return (right[difference] ?? 0) - (left[difference] ?? 0);
}

function rank(version: string): readonly number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return [0, 0, 0];
  const [, major, stage, minor] = match;
  const stages = { alpha: 1, beta: 2 } as const;
  return [
    stage === undefined ? 3 : stages[stage as keyof typeof stages],
    Number(major),
    Number(minor ?? 0),
  ];
}
