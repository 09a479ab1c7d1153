// SPDX-License-Identifier: Apache-2.0

/** Objects of the live part, in namespace httpbin unless another one is given. */
const NAMESPACE = 'httpbin';

export function sampleService(name: string, port = 80, namespace = NAMESPACE) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { type: 'ClusterIP', ports: [{ name: 'http', port, protocol: 'TCP' }] },
  };
}

/** A slice of ready endpoints, all with one target port. */
export function sampleSlice(
  service: string,
  name: string,
  addresses: readonly string[],
  port = 8080,
  namespace = NAMESPACE,
) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address] })),
    ports: [{ name: 'http', port, protocol: 'TCP' }],
  };
}
