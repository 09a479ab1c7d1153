// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadPackageDefinition } from './package-definition.js';

describe('loadPackageDefinition', () => {
  const definition = loadPackageDefinition();
  const cases: readonly [service: string, method: string, path: string][] = [
    [
      'envoy.service.discovery.v3.AggregatedDiscoveryService',
      'DeltaAggregatedResources',
      '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    ],
    [
      'envoy.service.discovery.v3.AggregatedDiscoveryService',
      'StreamAggregatedResources',
      '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
    ],
    ['heartline.fleet.v1.Fleet', 'Connect', '/heartline.fleet.v1.Fleet/Connect'],
  ];
  for (const [service, method, path] of cases) {
    it(`${path} streams both ways`, () => {
      const rpc = (definition[service] as ServiceDefinition | undefined)?.[method];
      assert.equal(rpc?.path, path);
      assert.equal(rpc?.requestStream, true);
      assert.equal(rpc?.responseStream, true);
    });
  }
});
