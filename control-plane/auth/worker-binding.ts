// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { GatewayRef } from '../../shared/events/event.js';
import { formatNamespacedName, type NamespacedName } from '../../shared/names/gateway-name.js';
import type { Identity } from './identity.js';

/** What the reference proxy sends as `clusterid` when nobody configured one. */
const UNCONFIGURED_CLUSTER = 'Kubernetes';

/**
 * The gateway a worker may be served, from what its token is bound to and what it claims; throws
 * PERMISSION_DENIED. `claimedCluster` is the `clusterid` header; a worker without one belongs to the
 * cluster of its token.
 */
export function bindWorker(
  identity: Identity,
  claimedCluster: string | undefined,
  gateway: NamespacedName,
): GatewayRef {
  return { cluster: bindCluster(identity, claimedCluster), ...bindGateway(identity, gateway) };
}

function bindCluster(identity: Identity, claimed: string | undefined): string {
  const { cluster, name } = identity;
  if (cluster === undefined && claimed) return claimed;
  if (cluster === undefined) {
    throw new HeartlineError(
      'PERMISSION_DENIED',
      `identity "${name}" is bound to no cluster and the worker names none; send its name in the header clusterid`,
    );
  }
  if (!claimed || claimed === UNCONFIGURED_CLUSTER || claimed === cluster) return cluster;
  throw new HeartlineError(
    'PERMISSION_DENIED',
    `the worker says it is in cluster "${claimed}", but identity "${name}" is bound to cluster "${cluster}"; start it with that cluster or use another token`,
  );
}

function bindGateway(identity: Identity, gateway: NamespacedName): NamespacedName {
  const { gateways, name } = identity;
  const wanted = formatNamespacedName(gateway);
  if (gateways === 'all' || gateways.some((bound) => formatNamespacedName(bound) === wanted)) {
    return { namespace: gateway.namespace, name: gateway.name };
  }
  const allowed = gateways.map(formatNamespacedName).sort().join(', ') || 'none';
  throw new HeartlineError(
    'PERMISSION_DENIED',
    `identity "${name}" may not read gateway ${wanted}; it is bound to: ${allowed}`,
  );
}
