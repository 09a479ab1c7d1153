// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { bindKey, listenerKey } from '../../shared/names/resource-keys.js';
import type { Bind } from '../../shared/proto/gen/agentgateway/dev/resource/Bind.js';
import type { Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import { gatewaySpec, type ListenerSpec } from '../policy/gateway-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import {
  type CertificateProblem,
  type ListenerCertificate,
  resolveCertificate,
  tlsReference,
  unservedTls,
} from './listener-tls.js';
import type { Referents } from './referents.js';

/** Protocols that go to workers. TLS is ended by the worker; what is inside goes to a TCPRoute. */
export type ServedProtocol = 'HTTP' | 'HTTPS' | 'TCP' | 'TLS';

/** What becomes of one listener. Only served ones reach the wire, so nothing is ever served half. */
export type PlannedListener =
  | {
      readonly state: 'served';
      readonly spec: ListenerSpec;
      readonly protocol: ServedProtocol;
      /** Of HTTPS and TLS. */
      readonly certificate?: ListenerCertificate;
    }
  /** Protocol, or a setting of TLS, that this control plane does not know how to keep. */
  | {
      readonly state: 'unsupported';
      readonly spec: ListenerSpec;
      readonly reason: 'UnsupportedProtocol' | 'UnsupportedValue';
      readonly why: string;
    }
  | {
      readonly state: 'unresolved';
      readonly spec: ListenerSpec;
      readonly protocol: ServedProtocol;
      readonly problem: CertificateProblem;
    }
  /** Another protocol has the port. */
  | { readonly state: 'conflicted'; readonly spec: ListenerSpec; readonly with: ListenerSpec };

export type ServedListener = Extract<PlannedListener, { state: 'served' }>;

/** Protocol of the socket: HTTPS and TLS both begin with a handshake, so they can share a port by host name. */
const BIND_PROTOCOL: Readonly<Record<ServedProtocol, 'HTTP' | 'TCP' | 'TLS'>> = {
  HTTP: 'HTTP',
  HTTPS: 'TLS',
  TCP: 'TCP',
  TLS: 'TLS',
};

/** The kind of routes that each protocol takes (Gateway API). */
export const ROUTE_KIND: Readonly<Record<ServedProtocol, 'HTTPRoute' | 'TCPRoute'>> = {
  HTTP: 'HTTPRoute',
  HTTPS: 'HTTPRoute',
  TCP: 'TCPRoute',
  TLS: 'TCPRoute',
};

/** Decides listener by listener, in the order written: on a shared port the first protocol keeps it. */
export function planListeners(
  gateway: KubeObject,
  referents: Pick<Referents, 'grants' | 'secrets'>,
): readonly PlannedListener[] {
  const holders = new Map<number, { readonly spec: ListenerSpec; readonly bind: string }>();
  return gatewaySpec(gateway).listeners.map((spec): PlannedListener => {
    const { protocol } = spec;
    if (!isServedProtocol(protocol)) {
      const why = `protocol ${protocol} is not supported by this control plane yet`;
      return { state: 'unsupported', spec, reason: 'UnsupportedProtocol', why };
    }
    const why = unservedTls(gateway, spec);
    if (why !== undefined) {
      return { state: 'unsupported', spec, reason: 'UnsupportedValue', why };
    }
    const bind = BIND_PROTOCOL[protocol];
    const holder = holders.get(spec.port) ?? { spec, bind };
    if (holder.bind !== bind) return { state: 'conflicted', spec, with: holder.spec };
    holders.set(spec.port, holder);
    if (bind !== 'TLS') return { state: 'served', spec, protocol };
    const certificate = resolveCertificate(objectName(gateway), spec, referents);
    if ('reason' in certificate) {
      return { state: 'unresolved', spec, protocol, problem: certificate };
    }
    return { state: 'served', spec, protocol, certificate };
  });
}

export function isServed(listener: PlannedListener): listener is ServedListener {
  return listener.state === 'served';
}

function isServedProtocol(protocol: string): protocol is ServedProtocol {
  return Object.hasOwn(BIND_PROTOCOL, protocol);
}

/** One bind for each port that has a served listener. HTTP is the protocol that goes without saying (0). */
export function compileBinds(
  gateway: NamespacedName,
  listeners: readonly ServedListener[],
): readonly Bind[] {
  const binds = new Map<number, Bind>();
  for (const { spec, protocol: served } of listeners) {
    const { port } = spec;
    const key = bindKey(gateway, port);
    const protocol = BIND_PROTOCOL[served];
    binds.set(port, protocol === 'HTTP' ? { key, port } : { key, port, protocol });
  }
  return [...binds.values()];
}

/** Without key material: a listener that ends TLS carries the name of its Secret until its bytes leave. */
export function compileListener(gateway: NamespacedName, listener: ServedListener): Listener {
  const { spec, protocol, certificate } = listener;
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
    ...(certificate === undefined ? {} : { tls: tlsReference(certificate) }),
  };
}
