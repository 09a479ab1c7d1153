// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import { type FieldSet, isEmptySet, isFieldSet, sortSet, unionOf } from './field-set.js';

/** One entry of `metadata.managedFields` (metav1.ManagedFieldsEntry): who owns which fields, and how it came to. */
export interface ManagedFieldsEntry {
  readonly manager: string;
  /** `Apply` for server-side apply, `Update` for everything else. */
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** RFC 3339, whole seconds: when the manager last changed what it owns. */
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldSet;
  /** `status` for what was written through that path. */
  readonly subresource?: string;
}

/** Who writes. */
export interface Writer {
  /** At most 128 printable characters, as Kubernetes takes them. */
  readonly manager: string;
  readonly subresource: string | undefined;
  readonly apiVersion: string;
  /** RFC 3339, whole seconds, UTC. */
  readonly time: string;
}

/** Kubernetes' limit of entries with operation Update; older ones are folded into one. */
const MAX_UPDATE_MANAGERS = 10;
const ANCIENT = 'ancient-changes';

/** Whether an entry is the writer's own for an operation. */
export function isEntryOf(
  { manager, subresource }: Pick<Writer, 'manager' | 'subresource'>,
  operation: ManagedFieldsEntry['operation'],
): (entry: ManagedFieldsEntry) => boolean {
  return (entry) =>
    entry.manager === manager && entry.operation === operation && entry.subresource === subresource;
}

export function newEntry(
  { manager, subresource, apiVersion, time }: Writer,
  operation: ManagedFieldsEntry['operation'],
  fieldsV1: FieldSet,
): ManagedFieldsEntry {
  return {
    ...{ manager, operation, apiVersion, time },
    ...{ fieldsType: 'FieldsV1', fieldsV1: sortSet(fieldsV1) },
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** What anybody owns. */
export function ownedByAny(entries: readonly ManagedFieldsEntry[]): FieldSet {
  return entries.reduce<FieldSet>((all, { fieldsV1 }) => unionOf(all, fieldsV1), {});
}

/** Without empty entries, sorted as Kubernetes sorts them: by operation, time and name. */
export function sortEntries(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] {
  return entries
    .filter(({ fieldsV1 }) => !isEmptySet(fieldsV1))
    .sort(
      (a, b) =>
        compareText(a.operation, b.operation) ||
        compareText(a.time ?? '', b.time ?? '') ||
        compareText(a.manager, b.manager) ||
        compareText(a.subresource ?? '', b.subresource ?? ''),
    );
}

/** At most ten entries of updates: the oldest become one. */
export function foldOldEntries(
  entries: readonly ManagedFieldsEntry[],
): readonly ManagedFieldsEntry[] {
  const updates = sortEntries(entries).filter(({ operation }) => operation === 'Update');
  const excess = updates.length - MAX_UPDATE_MANAGERS;
  if (excess <= 0) return entries;
  const folded = updates
    .filter(({ subresource }) => subresource === undefined)
    .slice(0, excess + 1);
  const [oldest] = folded;
  if (oldest === undefined) return entries;
  const fieldsV1 = sortSet(ownedByAny(folded));
  return [
    ...entries.filter((entry) => !folded.includes(entry)),
    { ...oldest, ...{ manager: ANCIENT, time: folded.at(-1)?.time ?? '', fieldsV1 } },
  ];
}

/**
 * Reads `metadata.managedFields` that a client sent or that is stored; undefined when it is not such a list. The one
 * empty entry `[{}]` gives no managers: that is how Kubernetes lets a client forget them all.
 */
export function readManagedFields(raw: unknown): readonly ManagedFieldsEntry[] | undefined {
  if (!Array.isArray(raw)) return undefined;
  const entries: ManagedFieldsEntry[] = [];
  for (const one of raw) {
    if (typeof one !== 'object' || one === null) return undefined;
    if (Object.keys(one).length === 0 && raw.length === 1) return [];
    const entry = readEntry(one as Record<string, unknown>);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return entries;
}

function readEntry(raw: Record<string, unknown>): ManagedFieldsEntry | undefined {
  const { manager = '', operation, apiVersion = '', time, fieldsV1 = {}, subresource = '' } = raw;
  if (typeof manager !== 'string' || typeof apiVersion !== 'string') return undefined;
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (typeof subresource !== 'string' || !isFieldSet(fieldsV1)) return undefined;
  return {
    ...{ manager, operation, apiVersion },
    ...(typeof time === 'string' ? { time } : {}),
    ...{ fieldsType: 'FieldsV1', fieldsV1 },
    ...(subresource === '' ? {} : { subresource }),
  };
}
