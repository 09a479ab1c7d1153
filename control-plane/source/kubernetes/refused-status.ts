// SPDX-License-Identifier: Apache-2.0
import { formatConditionTime } from '../../compile/conditions.js';
import { CONTROLLER_NAME } from '../../compile/previous-status.js';
import type { JsonValue } from '../../log/transaction.js';
import { isJsonObject } from '../../policy/structural-schema.js';
import { generationOf } from './cluster-object.js';
import type { Refusal } from './plan-mirror.js';

/** metav1.Condition's limit of a message, characters. */
const MAX_MESSAGE = 32_768;
/** Where agentgateway reports what is about no single Gateway. */
const SUMMARY_REF = { group: 'agentgateway.dev', name: 'StatusSummary' };

/**
 * The status of an object that is not taken over: what is known of its last good copy, with Accepted=False in every
 * place that is ours. Without such a copy only kinds that are ours alone are answered for: whose a Gateway or a route
 * would have been, an object that cannot be read does not say.
 */
export function refusedStatus(
  refusal: Refusal,
  lastGood: JsonValue | undefined,
  nowMs: number,
): JsonValue | undefined {
  const accepted = refusedCondition(refusal, nowMs);
  if (lastGood !== undefined && isJsonObject(lastGood)) return overlay(lastGood, accepted);
  switch (refusal.kind.kind) {
    case 'AgentgatewayPolicy': {
      const summary = {
        ancestorRef: SUMMARY_REF,
        controllerName: CONTROLLER_NAME,
        conditions: [accepted],
      };
      return { ancestors: [summary], conditions: [accepted] };
    }
    case 'AgentgatewayBackend':
      return { conditions: [accepted] };
    default:
      return undefined;
  }
}

type Condition = { readonly [key: string]: JsonValue };

function refusedCondition({ object, message }: Refusal, nowMs: number): Condition {
  const generation = generationOf(object);
  return {
    type: 'Accepted',
    status: 'False',
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: formatConditionTime(nowMs),
    reason: 'Invalid',
    message: message.slice(0, MAX_MESSAGE),
  };
}

function overlay(status: object, accepted: Condition): JsonValue {
  const fields = Object.entries(status as { readonly [key: string]: JsonValue }).map(
    ([field, value]): [string, JsonValue] => {
      if (field === 'conditions') return [field, withAccepted(value, accepted)];
      if (field !== 'ancestors' && field !== 'parents') return [field, value];
      return [field, listOf(value).map((entry) => overlayEntry(entry, accepted))];
    },
  );
  return Object.fromEntries(fields);
}

function overlayEntry(entry: JsonValue, accepted: Condition): JsonValue {
  if (!isJsonObject(entry) || entry['controllerName'] !== CONTROLLER_NAME) return entry;
  const own = entry as { readonly [key: string]: JsonValue };
  return { ...own, conditions: withAccepted(own['conditions'], accepted) };
}

function withAccepted(conditions: JsonValue | undefined, accepted: Condition): JsonValue {
  const others = listOf(conditions).filter(
    (one) => !isJsonObject(one) || one['type'] !== accepted['type'],
  );
  return [accepted, ...others];
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
