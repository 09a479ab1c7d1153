// SPDX-License-Identifier: Apache-2.0
import { serviceName } from '../../shared/names/resource-keys.js';
import type { Address__Output as Address } from '../../shared/proto/gen/istio/workload/Address.js';
import type { Service__Output as Service } from '../../shared/proto/gen/istio/workload/Service.js';
import type { Workload__Output as Workload } from '../../shared/proto/gen/istio/workload/Workload.js';
import type { Findings } from './diagnostic.js';

/** Everything that can be said about an address resource without looking at the others. */
export function validateAddress({ workload, service }: Address): Findings {
  if (workload !== undefined) return validateWorkload(workload);
  if (service !== undefined) return validateService(service);
  return { errors: ['the address has no kind that this worker knows'], warnings: [] };
}

/** Primary key: uid of a workload, `namespace/hostname` of a service (reference §1.6). */
export function addressIdentity(name: string, { workload, service }: Address): string {
  if (workload !== undefined) return `workload/${workload.uid ?? name}`;
  return service === undefined ? name : `service/${serviceName(service)}`;
}

function validateWorkload({ uid, addresses, services, status }: Workload): Findings {
  const errors: string[] = [];
  if (!uid) errors.push('the field workload.uid is missing');
  if (addresses.some(({ length }) => length !== 4 && length !== 16)) {
    errors.push('workload.addresses has an entry that is neither 4 nor 16 bytes long');
  }
  if (typeof status === 'number') {
    errors.push(`workload.status is ${status}, a value that this worker does not know`);
  }
  for (const [service, { ports }] of Object.entries(services ?? {})) {
    const bad = ports.find(
      ({ servicePort, targetPort }) => !isPort(servicePort) || !isPort(targetPort),
    );
    if (bad === undefined) continue;
    const pair = `${bad.servicePort ?? 0} to ${bad.targetPort ?? 0}`;
    errors.push(`workload.services of ${service} maps port ${pair}; ports are 1 to 65535`);
  }
  return { errors, warnings: [] };
}

function validateService({ namespace, hostname }: Service): Findings {
  const errors = [
    ...(namespace ? [] : ['the field service.namespace is missing']),
    ...(hostname ? [] : ['the field service.hostname is missing']),
  ];
  return { errors, warnings: [] };
}

function isPort(port = 0): boolean {
  return port >= 1 && port <= 65_535;
}
