// SPDX-License-Identifier: Apache-2.0
import { ipText } from '../../shared/names/ip-address.js';
import type { Address__Output as Address } from '../../shared/proto/gen/istio/workload/Address.js';
import type { Workload__Output as Workload } from '../../shared/proto/gen/istio/workload/Workload.js';
import type { EndpointTable, ServiceEndpoint } from '../engine/plan.js';
import type { ResourceSet } from './resource-set.js';

/**
 * The endpoints that take traffic, by Service (`namespace/hostname`): kept from change to change, so that one changed
 * workload costs what its own Services have, however many there are.
 */
export class ServiceEndpoints {
  /** By Service: endpoint by Resource.name. */
  readonly #byService = new Map<string, Map<string, ServiceEndpoint>>();
  #table: EndpointTable = new Map();

  get table(): EndpointTable {
    return this.#table;
  }

  /** Takes over what a response did to these names. */
  update(before: ResourceSet<Address>, after: ResourceSet<Address>, names: Iterable<string>): void {
    const touched = new Set<string>();
    for (const name of names) {
      for (const service of servicesOf(before.get(name)?.value.workload)) {
        this.#byService.get(service)?.delete(name);
        touched.add(service);
      }
      const workload = after.get(name)?.value.workload;
      for (const [service, endpoint] of endpointsOf(workload)) {
        const endpoints = this.#byService.get(service) ?? new Map<string, ServiceEndpoint>();
        this.#byService.set(service, endpoints.set(name, endpoint));
        touched.add(service);
      }
    }
    if (touched.size > 0) this.#table = this.#with(touched);
  }

  #with(touched: ReadonlySet<string>): EndpointTable {
    const table = new Map(this.#table);
    for (const service of touched) {
      const endpoints = [...(this.#byService.get(service)?.values() ?? [])];
      if (endpoints.length > 0) table.set(service, endpoints);
      else {
        table.delete(service);
        this.#byService.delete(service);
      }
    }
    return table;
  }
}

function servicesOf(workload: Workload | undefined): readonly string[] {
  return Object.keys(workload?.services ?? {});
}

/** The address of a workload under each of its Services; none of one that is unhealthy or has no address. */
function endpointsOf(
  workload: Workload | undefined,
): readonly (readonly [string, ServiceEndpoint])[] {
  if (workload === undefined || (workload.status ?? 'HEALTHY') !== 'HEALTHY') return [];
  const host = ipText(workload.addresses[0] ?? new Uint8Array());
  if (host === undefined) return [];
  return Object.entries(workload.services ?? {}).map(([service, { ports }]) => {
    const pairs = ports.map(
      ({ servicePort = 0, targetPort = 0 }) => [servicePort, targetPort] as const,
    );
    return [service, { host, ports: new Map(pairs) }];
  });
}
