// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { loadWire } from '../../shared/proto/wire.js';
import {
  backendOf,
  bindOf,
  GATEWAY,
  guideHttpPolicy,
  guideTcpPolicy,
  listenerOf,
  policyOf,
  receivedResource,
  routeOf,
  tcpRouteOf,
} from '../../test/support/wire-resources.js';
import { effectivePlan } from './effective-plan.js';
import { MAX_KERNEL_SECONDS } from './keepalive-values.js';
import { stageDelta } from './resource-set.js';
import { gatewayResourceType } from './resource-types.js';

const wire = loadWire();
const SAMPLE = [
  bindOf(8080),
  bindOf(8090, { protocol: 'TCP' }),
  listenerOf('http', 8080),
  listenerOf('tcp', 8090, { protocol: 'TCP' }),
  routeOf('r', { hostnames: ['a.b'], trafficPolicies: [{}] }),
  tcpRouteOf('t'),
  backendOf(1),
  guideTcpPolicy(),
  guideHttpPolicy(),
  policyOf('n', { networkAuthorization: { allow: ['x'] } }),
];

/** A resource of the sample with some bytes changed and a piece cut off its end. */
const spoiled = fc
  .record({
    at: fc.nat(SAMPLE.length - 1),
    changes: fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }),
    cut: fc.nat(20),
  })
  .map(({ at, changes, cut }) => {
    const received = receivedResource(wire.resource, SAMPLE[at] ?? bindOf(1));
    const bytes = Buffer.from(received.resource?.value ?? []);
    for (const [index, byte] of changes) if (index < bytes.length) bytes[index] = byte;
    const value = bytes.subarray(0, bytes.length - cut);
    return { ...received, version: '', resource: { type_url: wire.resource.typeUrl, value } };
  });

it('whatever bytes come, each resource is taken or refused, and the plan stays inside the limits', () => {
  fc.assert(
    fc.property(fc.array(spoiled, { maxLength: 12 }), (resources) => {
      const type = gatewayResourceType(wire);
      const { next, diagnostics } = stageDelta(type, new Map(), { resources, removed: [] });
      const refused = new Set(
        diagnostics.filter(({ severity }) => severity === 'error').map(({ key }) => key),
      );
      for (const { name = '' } of resources) assert.ok(next.has(name) !== refused.has(name), name);
      const { plan } = effectivePlan(next, {
        gateway: GATEWAY,
        version: '1',
        systemKeepalive: { enabled: false, idleSeconds: 7200, intervalSeconds: 75, probes: 9 },
      });
      for (const { port, tcp } of plan.binds) {
        assert.ok(port >= 1 && port <= 65_535);
        assert.ok(tcp.idleSeconds >= 1 && tcp.idleSeconds <= MAX_KERNEL_SECONDS);
        assert.ok(tcp.intervalSeconds >= 1 && tcp.intervalSeconds <= MAX_KERNEL_SECONDS);
        assert.ok(tcp.probes >= 1 && tcp.probes <= 127);
      }
    }),
    { numRuns: 500 },
  );
});
