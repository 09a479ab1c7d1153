// SPDX-License-Identifier: Apache-2.0

/** Every port `up` opens, before the offset, in the order they are shown. */
export const UP_PORTS = {
  api: { port: 9979, label: 'API' },
  xds: { port: 9978, label: 'xDS and fleet stream (gRPC)' },
  http: { port: 8080, label: 'gateway listener http' },
  tcp: { port: 8090, label: 'gateway listener tcp' },
  admin: { port: 15000, label: 'worker admin' },
  stats: { port: 15020, label: 'worker metrics' },
  readiness: { port: 15021, label: 'worker readiness' },
  httpbin: { port: 18000, label: 'httpbin sample' },
} as const;

export type UpPortName = keyof typeof UP_PORTS;
export type UpPorts = Readonly<Record<UpPortName, number>>;

/** Largest --port-offset that leaves every port below 65536. */
export const MAX_PORT_OFFSET =
  65_535 - Math.max(...Object.values(UP_PORTS).map(({ port }) => port));

/** Everything listens here, but for what is the worker's pod's own. */
export const LOOPBACK = '127.0.0.1';

/** The pod's own ports; the Gateway's listeners are the machine's, as a load balancer in front of a pod would be. */
const POD_PORTS: ReadonlySet<UpPortName> = new Set(['admin', 'stats', 'readiness']);

/** The address a port is opened on; `podIp` is that of --pod-ip. */
export function hostOf(name: UpPortName, podIp: string): string {
  return POD_PORTS.has(name) ? podIp : LOOPBACK;
}

export function portsWithOffset(offset: number): UpPorts {
  const names = Object.keys(UP_PORTS) as UpPortName[];
  const entries = names.map((name) => [name, UP_PORTS[name].port + offset] as const);
  return Object.fromEntries(entries) as UpPorts;
}
