// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { compareText } from '../../shared/names/sort.js';
import type { ResourceSet } from './resource-set.js';

export interface LabelInput<T> {
  /** What the response says; the reference control plane leaves it out when it answers a request. */
  readonly sent: string | undefined;
  /** Label of what was held before the response. */
  readonly current: string;
  readonly changed: boolean;
  readonly held: ResourceSet<T>;
}

/** The control plane's label of a version; without one the current label while nothing changed, else one made of the content. */
export function versionLabel<T>({ sent, current, changed, held }: LabelInput<T>): string {
  if (sent) return sent;
  if (!changed) return current;
  const hash = createHash('sha256');
  const sorted = [...held.values()].sort((a, b) => compareText(a.name, b.name));
  for (const { name, bytes } of sorted) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  return `content-${hash.digest('hex').slice(0, 8)}`;
}
