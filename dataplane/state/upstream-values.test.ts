// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PolicyTarget } from '../../shared/proto/gen/agentgateway/dev/resource/PolicyTarget.js';
import {
  backendOf,
  bindOf,
  GATEWAY,
  GATEWAY_TARGET,
  listenerOf,
  type NamedResource,
  routeOf,
  tcpRouteOf,
} from '../../test/support/wire-resources.js';
import { on, planOf, SAMPLE } from '../../test/support/worker-plan.js';

const BACKEND = 'httpbin/httpbin';
const SERVICE = { namespace: 'httpbin', hostname: 'web.httpbin.svc' };
const SERVICE_KEY = 'service/httpbin/web.httpbin.svc:80';

/** A policy that says `seconds` of idle time. */
function policy(key: string, seconds: number, target: PolicyTarget): NamedResource {
  const backend = { backendTcp: { keepalive: { time: { seconds }, retries: 2 } } };
  return { name: `policy/${key}`, resource: { policy: { key, target, backend } } };
}

const keepaliveOf = (seconds: number) => ({
  backendTcp: { keepalive: { time: { seconds }, retries: 2 } },
});

/** Two listeners of port 8080; `web` leads to a Service, the others to the one backend. */
const RESOURCES = [
  bindOf(8080),
  bindOf(8090, { protocol: 'TCP' }),
  listenerOf('http', 8080),
  listenerOf('web', 8080, { hostname: 'web' }),
  listenerOf('tcp', 8090, { protocol: 'TCP' }),
  routeOf('httpbin/httpbin.00.http'),
  routeOf('httpbin/web.00.web', {
    listenerKey: `${GATEWAY.namespace}/${GATEWAY.name}.web`,
    name: { kind: 'HTTPRoute', namespace: 'httpbin', name: 'web', ruleName: 'all' },
    backends: [{ backend: { service: SERVICE, port: 80 }, weight: 1 }],
  }),
  tcpRouteOf('httpbin/tcp.00.tcp'),
  backendOf(18_000),
];

describe('keepalive towards backends', () => {
  it('is the default of the reference proxy without a policy', () => {
    const { plan, warnings } = planOf(...SAMPLE);
    assert.deepEqual(
      [plan.upstreamTcp, plan.upstreams, warnings],
      [on(180, 180, 9), undefined, []],
    );
  });

  const whole = policy('0', 10, GATEWAY_TARGET);
  const route = { name: 'httpbin', namespace: 'httpbin', kind: 'HTTPRoute' };
  const web = { name: 'web', namespace: 'httpbin', kind: 'HTTPRoute' };
  /** Idle seconds of the one backend and of the Service, 10 being the Gateway's. */
  const rows: [string, NamedResource[], number, number][] = [
    ['of the whole Gateway', [], 10, 10],
    ['of a port', [policy('a', 20, { gateway: { ...GATEWAY, port: 8090 } })], 20, 10],
    ['of a listener', [policy('a', 20, { gateway: { ...GATEWAY, listener: 'web' } })], 10, 20],
    ['of a route', [policy('a', 20, { route })], 20, 10],
    ['of a rule', [policy('a', 20, { route: { ...web, routeRule: 'all' } })], 10, 20],
    [
      'of a backend',
      [policy('a', 20, { backend: { namespace: 'httpbin', name: 'httpbin' } })],
      20,
      10,
    ],
    ['of a Service', [policy('a', 20, { service: SERVICE })], 10, 20],
    ['of a port of a Service', [policy('a', 20, { service: { ...SERVICE, port: 80 } })], 10, 20],
    [
      'the backend before the route before the listener before the port',
      [
        policy('a', 20, { gateway: { ...GATEWAY, port: 8080 } }),
        policy('b', 30, { gateway: { ...GATEWAY, listener: 'http' } }),
        policy('c', 40, { route }),
        policy('d', 50, { backend: { namespace: 'httpbin', name: 'httpbin' } }),
      ],
      50,
      20,
    ],
    [
      'the port of a Service before the Service before the rule before the route',
      [
        policy('a', 20, { route: web }),
        policy('b', 30, { route: { ...web, routeRule: 'all' } }),
        policy('c', 40, { service: SERVICE }),
        policy('d', 50, { service: { ...SERVICE, port: 80 } }),
      ],
      10,
      50,
    ],
    [
      'of several alike the lowest key',
      [policy('b', 20, { route }), policy('a', 30, { route })],
      30,
      10,
    ],
    [
      'what is written in the backend before policies',
      [
        backendOf(18_000, { inlinePolicies: [keepaliveOf(70)] }),
        policy('d', 50, { backend: { namespace: 'httpbin', name: 'httpbin' } }),
      ],
      70,
      10,
    ],
    [
      'what is written at the reference before everything',
      [
        backendOf(18_000, { inlinePolicies: [keepaliveOf(70)] }),
        routeOf('httpbin/httpbin.00.http', {
          backends: [
            { backend: { backend: BACKEND }, weight: 1, backendPolicies: [keepaliveOf(80)] },
          ],
        }),
      ],
      80,
      10,
    ],
    ['the same as the Gateway’s is nothing of its own', [policy('a', 10, { route })], 10, 10],
  ];
  for (const [name, more, backend, service] of rows) {
    it(`${name}`, () => {
      const replaced = new Set(more.map((resource) => resource.name));
      const kept = RESOURCES.filter((resource) => !replaced.has(resource.name));
      const { plan } = planOf(...kept, ...more, whole);
      assert.deepEqual(plan.upstreamTcp, on(10, 180, 2));
      const expected = [
        [BACKEND, backend],
        [SERVICE_KEY, service],
      ] as const;
      const differing = expected.filter(([, seconds]) => seconds !== 10);
      assert.deepEqual(
        plan.upstreams ?? new Map(),
        new Map(differing.map(([key, seconds]) => [key, on(seconds, 180, 2)])),
      );
    });
  }

  it('names the policies that hold nowhere', () => {
    const { warnings } = planOf(
      ...RESOURCES,
      whole,
      policy('1', 11, GATEWAY_TARGET),
      policy('a', 20, { gateway: { namespace: 'other', name: 'gateway' } }),
      policy('b', 20, { service: { ...SERVICE, port: 81 } }),
      policy('c', 20, { backend: { namespace: 'httpbin', name: 'httpbin', section: 's' } }),
      policy('d', 20, { gateway: { ...GATEWAY, listener: 'gone' } }),
    );
    assert.deepEqual(
      warnings.map((text) => text.slice(0, text.indexOf(':', 10))),
      [
        'policy/1: backend_tcp has no effect',
        'policy/b: backend_tcp has no effect',
        'policy/c: backend_tcp has no effect',
        'policy/d: backend_tcp has no effect',
      ],
    );
  });
});
