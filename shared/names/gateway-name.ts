// SPDX-License-Identifier: Apache-2.0

/** A namespaced object name; used for gateways, pods and every Kubernetes-style object. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, the form of flags, logs and tables. */
export function formatNamespacedName(name: NamespacedName): string {
  return `${name.namespace}/${name.name}`;
}

/** Reads `namespace/name`; undefined when either part is empty or a third part follows. */
export function parseNamespacedName(text: string): NamespacedName | undefined {
  const [namespace, name, ...rest] = text.split('/');
  if (!namespace || !name || rest.length > 0) return undefined;
  return { namespace, name };
}

/** node.metadata.role of a worker: `NAMESPACE~GATEWAY`; a gateway is what one stream is about. */
export function formatRole(gateway: NamespacedName): string {
  return `${gateway.namespace}~${gateway.name}`;
}

/** Splits a role at its first `~`, as the reference control plane does. */
export function parseRole(role: string): NamespacedName | undefined {
  const at = role.indexOf('~');
  if (at <= 0 || at === role.length - 1) return undefined;
  return { namespace: role.slice(0, at), name: role.slice(at + 1) };
}
