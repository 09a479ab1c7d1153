// SPDX-License-Identifier: Apache-2.0
import { ipText } from '../../shared/names/ip-address.js';
import { serviceName } from '../../shared/names/resource-keys.js';
import { compareText } from '../../shared/names/sort.js';
import type { Address__Output as Address } from '../../shared/proto/gen/istio/workload/Address.js';
import type { Service__Output as Service } from '../../shared/proto/gen/istio/workload/Service.js';
import type { Workload__Output as Workload } from '../../shared/proto/gen/istio/workload/Workload.js';
import type { ResourceSet } from '../state/resource-set.js';

/** The live part: workloads by uid, services by host (reference §4.1). */
export function dumpAddresses(held: ResourceSet<Address>): {
  workloads: object[];
  services: object[];
} {
  const values = [...held.values()].map(({ value }) => value);
  const workloads = values.flatMap(({ workload }) => workload ?? []);
  const services = values.flatMap(({ service }) => service ?? []);
  const endpoints = endpointsByService(workloads);
  return {
    workloads: workloads.sort((a, b) => compareText(a.uid ?? '', b.uid ?? '')).map(dumpWorkload),
    services: services
      .sort(
        (a, b) =>
          compareText(a.hostname ?? '', b.hostname ?? '') ||
          compareText(a.namespace ?? '', b.namespace ?? ''),
      )
      .map((service) => dumpService(service, endpoints.get(serviceName(service)) ?? [])),
  };
}

function endpointsByService(workloads: readonly Workload[]): ReadonlyMap<string, Workload[]> {
  const found = new Map<string, Workload[]>();
  for (const workload of workloads) {
    for (const service of Object.keys(workload.services ?? {})) {
      const list = found.get(service);
      if (list === undefined) found.set(service, [workload]);
      else list.push(workload);
    }
  }
  return found;
}

function dumpWorkload(workload: Workload): object {
  const {
    uid = '',
    name = '',
    namespace = '',
    node = '',
    clusterId = '',
    status = 'HEALTHY',
  } = workload;
  const services = Object.entries(workload.services ?? {}).sort(([a], [b]) => compareText(a, b));
  return {
    workloadIps: workload.addresses.map((address) => ipText(address) ?? ''),
    uid,
    name,
    namespace,
    node,
    status: status === 'UNHEALTHY' ? 'Unhealthy' : 'Healthy',
    clusterId,
    ...(workload.locality?.zone ? { locality: { zone: workload.locality.zone } } : {}),
    services: Object.fromEntries(services.map(([service, { ports }]) => [service, portMap(ports)])),
  };
}

function dumpService(service: Service, endpoints: readonly Workload[]): object {
  const { name = '', namespace = '', hostname = '' } = service;
  const key = serviceName(service);
  return {
    name,
    namespace,
    hostname,
    vips: service.addresses.map(
      ({ network = '', address }) => `${network}/${ipText(address ?? new Uint8Array()) ?? ''}`,
    ),
    ports: portMap(service.ports),
    endpoints: Object.fromEntries(
      endpoints
        .map(({ uid = '', services, status = 'HEALTHY' }) => ({
          uid,
          port: portMap(services?.[key]?.ports ?? []),
          status: status === 'UNHEALTHY' ? 'Unhealthy' : 'Healthy',
        }))
        .sort((a, b) => compareText(a.uid, b.uid))
        .map(({ uid, port, status }) => [uid, { workloadUid: uid, port, status }]),
    ),
  };
}

/** Keys of JSON objects that are numbers come in ascending order. */
function portMap(ports: readonly { servicePort?: number; targetPort?: number }[]): object {
  return Object.fromEntries(
    ports.map(({ servicePort = 0, targetPort = 0 }) => [servicePort, targetPort]),
  );
}
