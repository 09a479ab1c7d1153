// SPDX-License-Identifier: Apache-2.0
import type { FolderStatus } from '../../source/manifests/folder-status.js';
import { type Check, failure, ok } from './checks.js';

/** One line for the manifest folder, and one for each file that is not applied. */
export function checkManifests(status: FolderStatus): readonly Check[] {
  const { dir, unreadable, heldBack, files } = status;
  const name = 'manifest folder';
  if (unreadable !== undefined) {
    return [failure(name, `${unreadable}; everything is kept as it is until it can be read`)];
  }
  const good = files.filter(({ state }) => state === 'good');
  const objects = good.reduce((sum, file) => sum + file.objects, 0);
  const found = `${dir}: files applied: ${good.length} of ${files.length}, objects: ${objects}`;
  const held: Check = {
    name,
    verdict: 'warning',
    detail: `${found}; nothing is removed: ${heldBack}`,
  };
  const bad = files.filter(({ state }) => state !== 'good');
  return [
    heldBack === undefined ? ok(name, found) : held,
    ...bad.map(({ path, problems }) => failure(path, problems.join('; '))),
  ];
}
