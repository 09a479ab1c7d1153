// SPDX-License-Identifier: Apache-2.0
import { CONTROLLER_NAME } from '../../compile/previous-status.js';
import { jsonEqual } from '../../log/json-equal.js';
import type { JsonValue } from '../../log/transaction.js';
import { isJsonObject } from '../../policy/structural-schema.js';

type JsonObject = { readonly [key: string]: JsonValue };

/** Condition types that we write at the top of a status; of other types we keep our hands off. */
const OWN_CONDITIONS: ReadonlySet<string> = new Set([
  'Accepted',
  'Attached',
  'InForce',
  'PartiallyInvalid',
  'Programmed',
  'ResolvedRefs',
]);

/** Gateway API limits of the lists that controllers share, and the field that says what an entry is about. */
const SHARED_LISTS: Readonly<Record<string, { readonly ref: string; readonly max: number }>> = {
  ancestors: { ref: 'ancestorRef', max: 16 },
  parents: { ref: 'parentRef', max: 32 },
};

/**
 * The status as it has to be in the cluster: `desired` put into what is there. Entries of other controllers, condition
 * types that are not ours and fields that we do not know stay as they are. A condition that says the same keeps the
 * time at which it began to, whoever of our replicas wrote it.
 */
export function mergeStatus(current: JsonValue | undefined, desired: JsonValue): JsonValue {
  const before = isJsonObject(current) ? (current as JsonObject) : {};
  const wanted = isJsonObject(desired) ? (desired as JsonObject) : {};
  const merged: Record<string, JsonValue> = { ...before };
  for (const [field, value] of Object.entries(wanted)) {
    merged[field] = mergeField(field, before[field], value);
  }
  return merged;
}

/** Whether two statuses say the same; an empty list says as much as none. */
export function sameStatus(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return jsonEqual(withoutEmptyLists(a), withoutEmptyLists(b));
}

function withoutEmptyLists(status: JsonValue | undefined): JsonValue {
  if (!isJsonObject(status)) return {};
  const kept = Object.entries(status as JsonObject).filter(
    ([, value]) => !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept);
}

function mergeField(field: string, before: JsonValue | undefined, wanted: JsonValue): JsonValue {
  const shared = SHARED_LISTS[field];
  if (shared !== undefined) return mergeShared(objectsOf(before), objectsOf(wanted), shared);
  if (field === 'conditions') return mergeConditions(objectsOf(before), objectsOf(wanted));
  if (field === 'listeners') return mergeListeners(objectsOf(before), objectsOf(wanted));
  return wanted;
}

/** Others first: where the list is full, it is ours that is left out. */
function mergeShared(
  before: readonly JsonObject[],
  wanted: readonly JsonObject[],
  { ref, max }: { readonly ref: string; readonly max: number },
): JsonValue {
  const isOurs = (entry: JsonObject): boolean => entry['controllerName'] === CONTROLLER_NAME;
  const foreign = before.filter((entry) => !isOurs(entry));
  const own = wanted.filter(isOurs).map((entry) => {
    const same = before.find((one) => isOurs(one) && jsonEqual(one[ref], entry[ref]));
    const conditions = keepTimes(objectsOf(same?.['conditions']), objectsOf(entry['conditions']));
    return { ...entry, conditions };
  });
  return [...foreign, ...own.slice(0, Math.max(0, max - foreign.length))];
}

function mergeConditions(
  before: readonly JsonObject[],
  wanted: readonly JsonObject[],
): readonly JsonObject[] {
  const types = new Set(wanted.map((condition) => condition['type']));
  const foreign = before.filter(
    ({ type }) => !types.has(type) && !OWN_CONDITIONS.has(String(type)),
  );
  return [...foreign, ...keepTimes(before, wanted)];
}

/** Listeners are the Gateway's controller's alone; only their times outlive us. */
function mergeListeners(before: readonly JsonObject[], wanted: readonly JsonObject[]): JsonValue {
  return wanted.map((listener) => {
    const same = before.find(({ name }) => name === listener['name']);
    const conditions = keepTimes(
      objectsOf(same?.['conditions']),
      objectsOf(listener['conditions']),
    );
    return { ...listener, conditions };
  });
}

function keepTimes(
  before: readonly JsonObject[],
  wanted: readonly JsonObject[],
): readonly JsonObject[] {
  return wanted.map((condition) => {
    const same = before.find(({ type }) => type === condition['type']);
    const time =
      same?.['status'] === condition['status'] ? same?.['lastTransitionTime'] : undefined;
    return time === undefined ? condition : { ...condition, lastTransitionTime: time };
  });
}

function objectsOf(list: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? (list.filter(isJsonObject) as readonly JsonObject[]) : [];
}
