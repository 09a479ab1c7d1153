// SPDX-License-Identifier: Apache-2.0
import { ipBytes } from '../../shared/names/ip-address.js';
import { serviceHostname, serviceName } from '../../shared/names/resource-keys.js';
import { compareText } from '../../shared/names/sort.js';
import type { Address } from '../../shared/proto/gen/istio/workload/Address.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { serviceSpec, tcpPorts } from '../policy/service-spec.js';
import { type EndpointFacts, endpointFacts } from './endpoint-facts.js';

/** An address resource before it is encoded. */
export interface NamedAddress {
  /** Resource.name: uid of a workload, `namespace/hostname` of a service. */
  readonly name: string;
  /** Equal text, equal message. */
  readonly fingerprint: string;
  readonly toMessage: () => Address;
}

/**
 * A Service and its endpoints as they are on the wire (reference §1.6, §1.7), sorted by name. None for an
 * ExternalName, which routes cannot lead to.
 *
 * A workload is one endpoint of one Service: a pod behind two Services is two workloads, so that a change to one
 * Service never concerns a gateway that uses only the other.
 */
export function serviceAddresses(
  service: KubeObject,
  slices: readonly KubeObject[],
  cluster: string,
): readonly NamedAddress[] {
  if (serviceSpec(service).type === 'ExternalName') return [];
  const { namespace, name } = objectName(service);
  const own = serviceName({ namespace, hostname: serviceHostname({ namespace, name }) });
  const workloads = endpointFacts(service, slices).map((facts): NamedAddress => {
    // No slice's name in it: an endpoint that moves to another slice stays what it is.
    const uid = `${cluster}/discovery.k8s.io/EndpointSlice/${namespace}/${name}/${facts.address}`;
    const { bytes: _, ...rest } = facts;
    return {
      name: uid,
      fingerprint: JSON.stringify(rest),
      toMessage: () => workload(facts, { uid, namespace, cluster, service: own }),
    };
  });
  const ports = tcpPorts(service).map(({ port, targetPort }) => ({
    servicePort: port,
    // A name stands for another number on each endpoint, which the workloads have.
    targetPort: typeof targetPort === 'number' ? targetPort : 0,
  }));
  const addresses = virtualAddresses(service);
  const head: NamedAddress = {
    name: own,
    fingerprint: JSON.stringify([ports, addresses.map((address) => [...address])]),
    toMessage: () => ({
      service: {
        ...{ name, namespace, hostname: serviceHostname({ namespace, name }) },
        addresses: addresses.map((address) => ({ address })),
        ports,
      },
    }),
  };
  return [head, ...workloads].sort((a, b) => compareText(a.name, b.name));
}

interface WorkloadPlace {
  readonly uid: string;
  readonly namespace: string;
  readonly cluster: string;
  readonly service: string;
}

function workload(facts: EndpointFacts, place: WorkloadPlace): Address {
  const { uid, namespace, cluster, service } = place;
  const { node, zone } = facts;
  return {
    workload: {
      ...{ uid, namespace, name: facts.name },
      addresses: [facts.bytes],
      services: { [service]: { ports: [...facts.ports] } },
      clusterId: cluster,
      ...(facts.isHealthy ? {} : { status: 'UNHEALTHY' }),
      ...(node === '' ? {} : { node }),
      ...(zone === '' ? {} : { locality: { zone } }),
    },
  };
}

/** Cluster addresses; a headless Service has none. */
function virtualAddresses(service: KubeObject): readonly Uint8Array[] {
  const { clusterIP, clusterIPs } = serviceSpec(service);
  const texts = clusterIPs ?? (clusterIP === undefined ? [] : [clusterIP]);
  return texts.flatMap((text) => ipBytes(text) ?? []);
}
