// SPDX-License-Identifier: Apache-2.0
import type { IpFamily } from '../../shared/names/ip-address.js';
import type { KubeObject } from './kube-object.js';

/** spec of a core/v1 Service, the part we read, after admission. */
export interface ServiceSpec {
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly externalName?: string;
  /** `None` for a headless Service. */
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  /** The first one is the Service's own. */
  readonly ipFamilies?: readonly IpFamily[];
  readonly ports?: readonly ServicePort[];
}

export interface ServicePort {
  /** Absent or empty for the only port. */
  readonly name?: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /** A name stands for a port of each endpoint's own. */
  readonly targetPort?: number | string;
}

/** The spec of an admitted Service; its schema made sure of the shape. */
export function serviceSpec(object: KubeObject): ServiceSpec {
  return object.spec as unknown as ServiceSpec;
}

/** The ports that a proxy of connections can use. */
export function tcpPorts(object: KubeObject): readonly ServicePort[] {
  return (serviceSpec(object).ports ?? []).filter(({ protocol }) => protocol === 'TCP');
}
