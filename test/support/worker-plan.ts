// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { BindPlan, TcpKeepalive } from '../../dataplane/engine/plan.js';
import { effectivePlan } from '../../dataplane/state/effective-plan.js';
import { type ResourceSet, stageDelta } from '../../dataplane/state/resource-set.js';
import { type GatewayResource, gatewayResourceType } from '../../dataplane/state/resource-types.js';
import { loadWire } from '../../shared/proto/wire.js';
import {
  backendOf,
  bindOf,
  GATEWAY,
  listenerOf,
  type NamedResource,
  receivedResource,
  routeOf,
  tcpRouteOf,
} from './wire-resources.js';

const wire = loadWire();
/** Keepalive without a policy, in a network namespace with Linux' defaults. */
export const OFF: TcpKeepalive = {
  enabled: false,
  idleSeconds: 7200,
  intervalSeconds: 75,
  probes: 9,
};
export const on = (idleSeconds: number, intervalSeconds: number, probes: number): TcpKeepalive => ({
  enabled: true,
  idleSeconds,
  intervalSeconds,
  probes,
});

export const CONTEXT = { gateway: GATEWAY, version: '7-abc', systemKeepalive: OFF };

type Held = ResourceSet<GatewayResource>;

/** `held` after a response with these resources and removals. */
export function after(
  held: Held,
  resources: readonly NamedResource[],
  removed: readonly string[] = [],
) {
  const { next, diagnostics } = stageDelta(gatewayResourceType(wire), held, {
    resources: resources.map((named) => receivedResource(wire.resource, named)),
    removed,
  });
  const refused = diagnostics.filter(({ severity }) => severity === 'error');
  assert.deepEqual(refused, [], 'the fixtures are acceptable');
  return next;
}

/** The plan of these resources and its warnings as `name: message`. */
export function planOf(...resources: readonly NamedResource[]) {
  const { plan, warnings } = effectivePlan(after(new Map(), resources), CONTEXT);
  const bind = (port: number): BindPlan => {
    const found = plan.binds.find((candidate) => candidate.port === port);
    assert.ok(found, `no bind ${port}`);
    return found;
  };
  return { plan, bind, warnings: warnings.map(({ key, message }) => `${key}: ${message}`) };
}

/** Port 8080 HTTP with one route, port 8090 TCP with one route, one backend: what the sample has. */
export const SAMPLE = [
  bindOf(8080),
  bindOf(8090, { protocol: 'TCP' }),
  listenerOf('http', 8080),
  listenerOf('tcp', 8090, { protocol: 'TCP' }),
  routeOf('httpbin/httpbin.00.http'),
  tcpRouteOf('httpbin/tcp.00.tcp'),
  backendOf(18_000),
];
