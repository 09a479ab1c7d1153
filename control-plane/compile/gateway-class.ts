// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import { gatewaySpec } from '../policy/gateway-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { finding, stampConditions } from './conditions.js';
import { CONTROLLER_NAME, conditionsOf } from './previous-status.js';

/** spec of GatewayClass, the part we read, after admission. */
interface GatewayClassSpec {
  readonly controllerName: string;
  readonly parametersRef?: { readonly kind: string; readonly name: string };
}

/** The class that is ours by its name alone, where nobody applied a GatewayClass: `heartline up` needs none. */
const DEFAULT_CLASS = 'agentgateway';

/**
 * Whether a Gateway is served by this control plane: its GatewayClass names our controller. Without such an object
 * the class `agentgateway` is ours; with one that names another controller it is not.
 */
export function isOurGateway(gateway: KubeObject, gatewayClass: KubeObject | undefined): boolean {
  if (gatewayClass !== undefined) return isOurClass(gatewayClass);
  return gatewaySpec(gateway).gatewayClassName === DEFAULT_CLASS;
}

export function isOurClass(gatewayClass: KubeObject): boolean {
  return classSpec(gatewayClass).controllerName === CONTROLLER_NAME;
}

export interface GatewayClassStatusInput {
  readonly gatewayClass: KubeObject;
  readonly previous: JsonValue | undefined;
  readonly now: string;
}

/**
 * status of a GatewayClass of ours. Parameters say how a controller deploys its proxies, which is nothing that
 * this one does, so a class with parametersRef is served all the same and told that they have no effect.
 */
export function gatewayClassStatus(input: GatewayClassStatusInput): JsonValue {
  const { gatewayClass, previous, now } = input;
  const { parametersRef } = classSpec(gatewayClass);
  const served = 'Gateways of this class are served';
  const message =
    parametersRef === undefined
      ? served
      : `${served}; spec.parametersRef (${parametersRef.kind} ${parametersRef.name}) has no effect: proxies are not deployed by this control plane`;
  const generation = gatewayClass.metadata.generation;
  const conditions = stampConditions([finding('Accepted', 'True', 'Accepted', message)], {
    ...{ generation, now },
    previous: conditionsOf(previous),
  });
  return { conditions } as unknown as JsonValue;
}

function classSpec(object: KubeObject): GatewayClassSpec {
  return object.spec as unknown as GatewayClassSpec;
}
