// SPDX-License-Identifier: Apache-2.0
import type { Registry } from 'prom-client';
import type { Endpoint } from './http-server.js';

/** Prometheus text under both of the reference proxy's paths. */
export function statsEndpoints(registry: Registry): Endpoint[] {
  const handle = async () => ({
    contentType: registry.contentType,
    body: await registry.metrics(),
  });
  return [
    { method: 'GET', path: '/metrics', handle },
    { method: 'GET', path: '/stats/prometheus', handle },
  ];
}
