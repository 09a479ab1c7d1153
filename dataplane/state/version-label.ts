// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { compareText } from '../../shared/names/sort.js';
import type { ResourceSet } from './resource-set.js';

/** The control plane's label of a version, or, where it sends none (the reference does not always), one made of the content. */
export function versionLabel<T>(
  systemVersionInfo: string | undefined,
  held: ResourceSet<T>,
): string {
  if (systemVersionInfo) return systemVersionInfo;
  const hash = createHash('sha256');
  const sorted = [...held.values()].sort((a, b) => compareText(a.name, b.name));
  for (const { name, bytes } of sorted) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  return `content-${hash.digest('hex').slice(0, 8)}`;
}
