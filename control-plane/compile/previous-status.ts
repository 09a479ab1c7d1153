// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import type { Condition } from '../policy/kube-object.js';
import { isJsonObject } from '../policy/structural-schema.js';

/** controllerName of what we write in shared status lists; the name agentgateway's GatewayClass points at. */
export const CONTROLLER_NAME = 'agentgateway.dev/agentgateway';

/** An entry of PolicyStatus.ancestors or RouteStatus.parents. */
export type ControllerEntry = { readonly [key: string]: JsonValue | undefined };

/** The list `field` of a status, whoever wrote it; empty when there is none. */
export function entriesOf(
  status: JsonValue | undefined,
  field: string,
): readonly ControllerEntry[] {
  const list = isJsonObject(status) ? status[field] : undefined;
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

/** Entries of other controllers: they share the list with us, and stay as they are. */
export function foreignEntries(
  status: JsonValue | undefined,
  field: string,
): readonly ControllerEntry[] {
  return entriesOf(status, field).filter((entry) => entry['controllerName'] !== CONTROLLER_NAME);
}

/** The conditions we wrote about `ref` (compared as written). */
export function ownConditions(
  status: JsonValue | undefined,
  field: 'ancestors' | 'parents',
  ref: JsonValue,
): readonly Condition[] {
  const refField = field === 'ancestors' ? 'ancestorRef' : 'parentRef';
  const wanted = JSON.stringify(ref);
  const entry = entriesOf(status, field).find(
    (one) => one['controllerName'] === CONTROLLER_NAME && JSON.stringify(one[refField]) === wanted,
  );
  return conditionsOf(entry);
}

/** The `conditions` of a status or of an entry of one. */
export function conditionsOf(
  status: JsonValue | ControllerEntry | undefined,
): readonly Condition[] {
  return entriesOf(
    status as JsonValue | undefined,
    'conditions',
  ) as unknown as readonly Condition[];
}
