// SPDX-License-Identifier: Apache-2.0
import { apiPathOf, KINDS, type Kind } from '../../policy/kinds.js';

/** A kind as the cluster is asked for it. */
export interface WatchedKind {
  readonly kind: Kind;
  /** Sent with list and watch, so that nothing else leaves the cluster. */
  readonly fieldSelector?: string;
}

/**
 * Every kind that is mirrored. Of Secrets only those that a listener can use: the others are nobody's business here,
 * and a cluster may hold thousands of them.
 */
export const WATCHED_KINDS: readonly WatchedKind[] = KINDS.map((kind) =>
  kind.group === '' && kind.kind === 'Secret'
    ? { kind, fieldSelector: 'type=kubernetes.io/tls' }
    : { kind },
);

/** Kinds whose status is ours to report, in the cluster as in our log. */
const STATUS_KINDS: ReadonlySet<string> = new Set([
  'AgentgatewayBackend',
  'AgentgatewayPolicy',
  'Gateway',
  'GatewayClass',
  'HTTPRoute',
  'TCPRoute',
]);

export function hasStatus({ kind }: Kind): boolean {
  return STATUS_KINDS.has(kind);
}

/** The collection over all namespaces. */
export function collectionPath(kind: Kind): string {
  return `${apiPathOf(kind)}/${kind.plural}`;
}

export function itemPath(kind: Kind, namespace: string, name: string): string {
  const scope = kind.namespaced ? `/namespaces/${namespace}` : '';
  return `${apiPathOf(kind)}${scope}/${kind.plural}/${name}`;
}
