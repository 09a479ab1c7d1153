// SPDX-License-Identifier: Apache-2.0
import { type ManagedFieldsEntry, readManagedFields } from './manager.js';

/**
 * Whose entries count when an object is written: those that the client sent, so that it can edit them; the stored
 * ones when it sent none, or what cannot be read. `[{}]` forgets them all.
 */
export function managersToKeep(
  sent: unknown,
  stored: readonly ManagedFieldsEntry[],
): readonly ManagedFieldsEntry[] {
  const read = readManagedFields(sent);
  if (read === undefined) return stored;
  const isReset = Array.isArray(sent) && sent.length === 1 && read.length === 0;
  return read.length > 0 || isReset ? read : stored;
}
