// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { bindKey, listenerKey } from '../../shared/names/resource-keys.js';
import type { Bind } from '../../shared/proto/gen/agentgateway/dev/resource/Bind.js';
import type { Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import { gatewaySpec, type ListenerSpec } from '../policy/gateway-spec.js';
import type { KubeObject } from '../policy/kube-object.js';

/** Protocols that workers serve; TLS ones come with key material. */
export type ServedProtocol = 'HTTP' | 'TCP';

/** What becomes of one listener. Only served ones reach the wire, so nothing is ever served half. */
export type PlannedListener =
  | { readonly state: 'served'; readonly spec: ListenerSpec; readonly protocol: ServedProtocol }
  | { readonly state: 'unsupported'; readonly spec: ListenerSpec }
  /** Another protocol has the port. */
  | { readonly state: 'conflicted'; readonly spec: ListenerSpec; readonly with: ListenerSpec };

export type ServedListener = Extract<PlannedListener, { state: 'served' }>;

/** Decides listener by listener, in the order written: on a shared port the first protocol keeps it. */
export function planListeners(gateway: KubeObject): readonly PlannedListener[] {
  const holders = new Map<number, ListenerSpec>();
  return gatewaySpec(gateway).listeners.map((spec): PlannedListener => {
    const { protocol } = spec;
    if (protocol !== 'HTTP' && protocol !== 'TCP') return { state: 'unsupported', spec };
    const holder = holders.get(spec.port) ?? spec;
    if (holder.protocol !== protocol) return { state: 'conflicted', spec, with: holder };
    holders.set(spec.port, holder);
    return { state: 'served', spec, protocol };
  });
}

export function isServed(listener: PlannedListener): listener is ServedListener {
  return listener.state === 'served';
}

/** One bind for each port that has a served listener. HTTP is the protocol that goes without saying (0). */
export function compileBinds(
  gateway: NamespacedName,
  listeners: readonly ServedListener[],
): readonly Bind[] {
  const binds = new Map<number, Bind>();
  for (const { spec, protocol } of listeners) {
    const { port } = spec;
    const key = bindKey(gateway, port);
    binds.set(port, protocol === 'HTTP' ? { key, port } : { key, port, protocol });
  }
  return [...binds.values()];
}

export function compileListener(gateway: NamespacedName, listener: ServedListener): Listener {
  const { spec, protocol } = listener;
  return {
    key: listenerKey(gateway, spec.name),
    bindKey: bindKey(gateway, spec.port),
    name: {
      gatewayName: gateway.name,
      gatewayNamespace: gateway.namespace,
      listenerName: spec.name,
    },
    ...(spec.hostname ? { hostname: spec.hostname } : {}),
    protocol,
  };
}
