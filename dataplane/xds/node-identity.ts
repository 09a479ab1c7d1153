// SPDX-License-Identifier: Apache-2.0
import { formatRole, type NamespacedName } from '../../shared/names/gateway-name.js';
import type { Node } from '../../shared/proto/gen/envoy/config/core/v3/Node.js';

/** Who a worker is, towards every control plane. */
export interface WorkerIdentity {
  readonly pod: NamespacedName;
  readonly gateway: NamespacedName;
  /** Sent as the `clusterid` header and in the fleet stream's Hello. */
  readonly cluster: string;
  readonly instanceIp: string;
  /** Machine the worker runs on; empty when unknown. */
  readonly nodeName: string;
  /** Version of the program. */
  readonly build: string;
}

/** The reference proxy's form: `agentgateway~IP~POD.NS~NS.svc.cluster.local`, with the pod's namespace. */
export function nodeId({ instanceIp, pod }: WorkerIdentity): string {
  return `agentgateway~${instanceIp}~${pod.name}.${pod.namespace}~${pod.namespace}.svc.cluster.local`;
}

/** All metadata values are strings, as the reference proxy sends them; `role` is what a control plane selects by. */
export function nodeOf(identity: WorkerIdentity): Node {
  const metadata = {
    NAME: identity.pod.name,
    NAMESPACE: identity.pod.namespace,
    GATEWAY_NAME: identity.gateway.name,
    INSTANCE_IPS: identity.instanceIp,
    NODE_NAME: identity.nodeName,
    role: formatRole(identity.gateway),
    'heartline.build': identity.build,
  };
  const fields = Object.entries(metadata).map(([key, stringValue]) => [key, { stringValue }]);
  return { id: nodeId(identity), metadata: { fields: Object.fromEntries(fields) } };
}
