// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { bindKey, listenerKey, resourceName } from '../../shared/names/resource-keys.js';
import type { JsonValue } from '../log/transaction.js';
import type { Condition, KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { type Finding, finding, formatConditionTime, stampConditions } from './conditions.js';
import { type GatewayFacts, sayRejected } from './gateway-facts.js';
import { isServed, type PlannedListener, ROUTE_KIND, type ServedListener } from './listeners.js';
import { conditionsOf, entriesOf } from './previous-status.js';

export interface GatewayStatusInput {
  readonly gateway: KubeObject;
  readonly listeners: readonly PlannedListener[];
  /** Attached routes by listener name. */
  readonly attachedRoutes: ReadonlyMap<string, number>;
  readonly facts: GatewayFacts | undefined;
  readonly previous: JsonValue | undefined;
  readonly now: string;
}

/** Gateway API GatewayStatus: the Gateway's conditions, and those of each listener. */
export function gatewayStatus(input: GatewayStatusInput): JsonValue {
  const { gateway, listeners, previous, now } = input;
  const generation = gateway.metadata.generation;
  const stamp = (findings: readonly Finding[], before: readonly Condition[]) =>
    stampConditions(findings, { generation, now, previous: before });
  const previousListeners = entriesOf(previous, 'listeners');
  return {
    conditions: stamp([findAccepted(listeners), findProgrammed(input)], conditionsOf(previous)),
    listeners: listeners.map((listener) => ({
      name: listener.spec.name,
      supportedKinds: supportedKinds(listener),
      attachedRoutes: input.attachedRoutes.get(listener.spec.name) ?? 0,
      conditions: stamp(
        listenerFindings(listener, input),
        conditionsOf(previousListeners.find((entry) => entry['name'] === listener.spec.name)),
      ),
    })),
  } as unknown as JsonValue;
}

function findAccepted(listeners: readonly PlannedListener[]): Finding {
  const left = listeners.filter((listener) => !isServed(listener));
  if (left.length === 0) return finding('Accepted', 'True', 'Accepted', 'the Gateway is accepted');
  const names = left.map(({ spec }) => spec.name).join(', ');
  const status = left.length === listeners.length ? 'False' : 'True';
  return finding('Accepted', status, 'ListenersNotValid', `not served: listener ${names}`);
}

function findProgrammed({ gateway, listeners, facts }: GatewayStatusInput): Finding {
  if (!listeners.some(isServed)) {
    return finding('Programmed', 'False', 'Invalid', 'no listener of the Gateway can be served');
  }
  const pending = findPending(objectName(gateway), facts);
  if (pending !== undefined) return pending;
  const rejected = facts && sayRejected(facts, isListening);
  if (rejected !== undefined) return finding('Programmed', 'False', 'Invalid', rejected);
  const [error] = facts?.listenerErrors ?? [];
  if (error !== undefined) {
    return finding('Programmed', 'False', 'Invalid', `${error.listener}: ${error.message}`);
  }
  return finding('Programmed', 'True', 'Programmed', 'the workers listen');
}

/** What a worker needs to open a port at all. */
function isListening(resource: string): boolean {
  return resource.startsWith('bind/') || resource.startsWith('listener/');
}

function findPending(
  gateway: NamespacedName,
  facts: GatewayFacts | undefined,
): Finding | undefined {
  if (facts !== undefined && facts.liveWorkers > 0) return undefined;
  const name = `${gateway.namespace}/${gateway.name}`;
  return finding('Programmed', 'False', 'Pending', `no worker is connected for Gateway ${name}`);
}

function listenerFindings(
  listener: PlannedListener,
  { gateway, facts, now }: GatewayStatusInput,
): readonly Finding[] {
  const { spec } = listener;
  switch (listener.state) {
    case 'unsupported': {
      const message = `${listener.why}; the listener is not served`;
      return [
        finding('Accepted', 'False', listener.reason, message),
        finding('Conflicted', 'False', 'NoConflicts', 'no other listener is in the way'),
        finding('Programmed', 'False', 'Invalid', message),
      ];
    }
    case 'conflicted': {
      const { name, protocol } = listener.with;
      const message = `port ${spec.port} is taken by listener ${name} with protocol ${protocol}`;
      return [
        finding('Accepted', 'False', 'PortUnavailable', message),
        finding('Conflicted', 'True', 'ProtocolConflict', message),
        finding('Programmed', 'False', 'Invalid', message),
      ];
    }
    case 'unresolved': {
      const { reason, message } = listener.problem;
      return [
        finding('Accepted', 'True', 'Accepted', 'the listener is accepted'),
        finding('Conflicted', 'False', 'NoConflicts', 'no other listener is in the way'),
        finding('ResolvedRefs', 'False', reason, message),
        finding('Programmed', 'False', 'Invalid', `no certificate can be served: ${message}`),
      ];
    }
    case 'served':
      return [
        finding('Accepted', 'True', 'Accepted', 'the listener is accepted'),
        finding('Conflicted', 'False', 'NoConflicts', 'no other listener is in the way'),
        finding('ResolvedRefs', 'True', 'ResolvedRefs', describeRefs(listener, now)),
        findListenerProgrammed(spec, objectName(gateway), facts),
      ];
  }
}

/** An expired certificate is served all the same: whoever checks it refuses, and whoever does not goes on. */
function describeRefs({ certificate }: ServedListener, now: string): string {
  if (certificate === undefined || certificate.notAfterMs > Date.parse(now)) {
    return 'every reference is resolved';
  }
  const { namespace, name, notAfterMs } = certificate;
  return `every reference is resolved, but the certificate of Secret ${namespace}/${name} expired at ${formatConditionTime(notAfterMs)}`;
}

function findListenerProgrammed(
  spec: PlannedListener['spec'],
  gateway: NamespacedName,
  facts: GatewayFacts | undefined,
): Finding {
  const pending = findPending(gateway, facts);
  if (pending !== undefined) return pending;
  const keys = [bindKey(gateway, spec.port), listenerKey(gateway, spec.name)] as const;
  const names = [resourceName('bind', keys[0]), resourceName('listener', keys[1])];
  const rejected = facts && sayRejected(facts, (resource) => names.includes(resource));
  if (rejected !== undefined) return finding('Programmed', 'False', 'Invalid', rejected);
  const error = facts?.listenerErrors.find(({ listener }) => keys.includes(listener));
  if (error !== undefined) return finding('Programmed', 'False', 'Invalid', error.message);
  return finding('Programmed', 'True', 'Programmed', 'the workers listen');
}

function supportedKinds(listener: PlannedListener): readonly { group: string; kind: string }[] {
  if (listener.state === 'unsupported' || listener.state === 'conflicted') return [];
  const kind = ROUTE_KIND[listener.protocol];
  return [{ group: 'gateway.networking.k8s.io', kind }];
}
