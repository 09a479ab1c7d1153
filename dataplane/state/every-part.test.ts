// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import protobuf from 'protobufjs';
import type { BackendPolicySpec } from '../../shared/proto/gen/agentgateway/dev/resource/BackendPolicySpec.js';
import type { PolicyTarget } from '../../shared/proto/gen/agentgateway/dev/resource/PolicyTarget.js';
import { defaultProtoDir } from '../../shared/proto/proto-files.js';
import { loadWire } from '../../shared/proto/wire.js';
import {
  backendOf,
  bindOf,
  GATEWAY,
  GATEWAY_TARGET,
  listenerOf,
  type NamedResource,
  policyOf,
  receivedResource,
  routeOf,
} from '../../test/support/wire-resources.js';
import { CONTEXT, SAMPLE } from '../../test/support/worker-plan.js';
import { effectivePlan } from './effective-plan.js';
import { stageDelta } from './resource-set.js';
import { gatewayResourceType } from './resource-types.js';

/**
 * What a worker makes of a part. `served`: it does what the part says. `warned`: it does not, nothing is restricted by it, and the
 * control plane is told. `port`, `route`: what it covers is closed, and the control plane is told. `error`: the resource is refused.
 */
type Verdict = 'served' | 'warned' | 'port' | 'route' | 'error';

const wire = loadWire();
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(defaultProtoDir(), target);
root.loadSync('agentgateway/dev/resource/resource.proto').resolveAll();
const PACKAGE = 'agentgateway.dev.resource';

/** Names of a oneof's fields, or of an enum's values, as its oneof or enum has them. */
function namesIn(path: string): string[] {
  const [type = '', oneof] = path.split(':');
  if (oneof === undefined) return Object.keys(root.lookupEnum(`${PACKAGE}.${type}`).values).sort();
  return (root.lookupType(`${PACKAGE}.${type}`).oneofs[oneof]?.oneof ?? []).toSorted();
}

/** What becomes of the sample when these resources come with it. */
function verdictOf(resources: readonly NamedResource[]): Verdict {
  const names = new Set(resources.map(({ name }) => name));
  const sample = SAMPLE.filter(({ name }) => !names.has(name));
  const { next, diagnostics } = stageDelta(gatewayResourceType(wire), new Map(), {
    resources: [...sample, ...resources].map((one) => receivedResource(wire.resource, one)),
    removed: [],
  });
  if (diagnostics.some(({ severity }) => severity === 'error')) return 'error';
  const { plan, warnings } = effectivePlan(next, CONTEXT);
  const told = [...diagnostics, ...warnings].length > 0;
  const routes = plan.binds.flatMap(({ listeners }) => listeners.flatMap((one) => one.routes));
  const closedPort = plan.binds.some(({ refusal }) => refusal !== undefined);
  const closedRoute = routes.some(({ refusal }) => refusal !== undefined);
  if (closedPort || closedRoute) {
    assert.ok(told, 'closed without a word');
    return closedPort ? 'port' : 'route';
  }
  return told ? 'warned' : 'served';
}

const ON_LISTENER: PolicyTarget = { gateway: { ...GATEWAY, listener: 'http' } };
const FRONTEND = {
  tcp: { keepalives: { time: { seconds: 30 } } },
  tls: {},
  http: { http1MaxHeaders: 10 },
  logging: {},
  tracing: {},
  networkAuthorization: { allow: ['true'] },
  proxyProtocol: {},
  metrics: {},
  connect: { mode: 'ROUTE' },
} as const;
const TRAFFIC = {
  timeout: { request: { seconds: 1 } },
  requestHeaderModifier: { remove: ['a'] },
  responseHeaderModifier: { remove: ['a'] },
  requestRedirect: { status: 301 },
  urlRewrite: { host: 'b.example' },
} as const;
const BACKEND: Readonly<Record<string, BackendPolicySpec>> = {
  backendTls: { backendTls: {} },
  requestHeaderModifier: { requestHeaderModifier: { remove: ['a'] } },
  responseHeaderModifier: { responseHeaderModifier: { remove: ['a'] } },
  requestRedirect: { requestRedirect: { status: 301 } },
  backendTcp: { backendTcp: { keepalive: { time: { seconds: 30 } } } },
};

const policy = (resource: object): NamedResource[] => [
  { name: 'policy/p', resource: { policy: { key: 'p', target: GATEWAY_TARGET, ...resource } } },
];
const frontendOn = (target: PolicyTarget) => (kind: string) => [
  policyOf('p', { [kind]: FRONTEND[kind as keyof typeof FRONTEND] }, target),
];
const trafficOf = (kind: string) => TRAFFIC[kind as keyof typeof TRAFFIC];

interface Place {
  /** `Message:oneof` or an enum. */
  readonly names: string;
  readonly of: (name: string) => readonly NamedResource[];
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

const PLACES: Readonly<Record<string, Place>> = {
  'frontend policy of the Gateway': {
    names: 'FrontendPolicySpec:kind',
    of: frontendOn(GATEWAY_TARGET),
    verdicts: {
      connect: 'warned',
      http: 'served',
      logging: 'warned',
      metrics: 'warned',
      networkAuthorization: 'served',
      proxyProtocol: 'served',
      tcp: 'served',
      tls: 'warned',
      tracing: 'warned',
    },
  },
  'frontend policy of a listener': {
    names: 'FrontendPolicySpec:kind',
    of: frontendOn(ON_LISTENER),
    verdicts: {
      connect: 'warned',
      http: 'warned',
      logging: 'warned',
      metrics: 'warned',
      networkAuthorization: 'port',
      proxyProtocol: 'port',
      tcp: 'warned',
      tls: 'warned',
      tracing: 'warned',
    },
  },
  'kind of a policy, empty': {
    names: 'Policy:kind',
    of: (kind) => policy({ [kind]: {} }),
    verdicts: { backend: 'route', conditional: 'route', frontend: 'error', traffic: 'route' },
  },
  'traffic policy of the Gateway': {
    names: 'TrafficPolicySpec:kind',
    of: (kind) => policy({ traffic: { [kind]: trafficOf(kind) } }),
    verdicts: {
      requestHeaderModifier: 'route',
      requestRedirect: 'route',
      responseHeaderModifier: 'route',
      timeout: 'route',
      urlRewrite: 'route',
    },
  },
  'filter of a route': {
    names: 'TrafficPolicySpec:kind',
    of: (kind) => [
      routeOf('httpbin/httpbin.00.http', {
        trafficPolicies: [{ [kind]: trafficOf(kind) }],
      }),
    ],
    verdicts: {
      requestHeaderModifier: 'served',
      requestRedirect: 'served',
      responseHeaderModifier: 'served',
      timeout: 'served',
      urlRewrite: 'served',
    },
  },
  'backend policy of the Gateway': {
    names: 'BackendPolicySpec:kind',
    of: (kind) => policy({ backend: BACKEND[kind] }),
    verdicts: {
      backendTcp: 'served',
      backendTls: 'route',
      requestHeaderModifier: 'route',
      requestRedirect: 'route',
      responseHeaderModifier: 'route',
    },
  },
  'backend policy of a route’s backend': {
    names: 'BackendPolicySpec:kind',
    of: (kind) => [
      routeOf('httpbin/httpbin.00.http', {
        backends: [
          {
            backend: { backend: 'httpbin/httpbin' },
            weight: 1,
            backendPolicies: [BACKEND[kind] ?? {}],
          },
        ],
      }),
    ],
    verdicts: {
      backendTcp: 'served',
      backendTls: 'route',
      requestHeaderModifier: 'served',
      requestRedirect: 'served',
      responseHeaderModifier: 'served',
    },
  },
  'policy inside a backend': {
    names: 'BackendPolicySpec:kind',
    of: (kind) => [backendOf(18_000, { inlinePolicies: [BACKEND[kind] ?? {}] })],
    verdicts: {
      backendTcp: 'served',
      backendTls: 'route',
      requestHeaderModifier: 'route',
      requestRedirect: 'route',
      responseHeaderModifier: 'route',
    },
  },
  'kind of a backend': {
    names: 'Backend:kind',
    of: (kind) => {
      const name = { namespace: 'httpbin', name: 'httpbin' };
      const content = kind === 'static' ? { host: '10.0.0.1', port: 80 } : {};
      const backend = { key: 'httpbin/httpbin', name, [kind]: content };
      return [{ name: 'backend/httpbin/httpbin', resource: { backend } }];
    },
    verdicts: {
      ai: 'route',
      aws: 'route',
      dynamic: 'route',
      guardrail: 'route',
      mcp: 'route',
      modelRouter: 'route',
      static: 'served',
    },
  },
  'protocol of a bind': {
    names: 'Bind.Protocol',
    of: (protocol) => [bindOf(8080, { protocol: protocol as 'HTTP' })],
    // The sample's listener on it is an HTTP one.
    verdicts: { HTTP: 'served', TCP: 'port', TLS: 'port' },
  },
  'tunnel of a bind': {
    names: 'Bind.TunnelProtocol',
    of: (tunnelProtocol) => [bindOf(8080, { tunnelProtocol: tunnelProtocol as 'DIRECT' })],
    verdicts: {
      CONNECT: 'port',
      DIRECT: 'served',
      HBONE_GATEWAY: 'port',
      HBONE_WAYPOINT: 'port',
      PROXY: 'port',
    },
  },
  'mode of a bind': {
    names: 'Bind.Mode',
    of: (mode) => [bindOf(8080, { mode: mode as 'STANDARD' })],
    // An internal bind opens no port at all.
    verdicts: { INTERNAL: 'warned', STANDARD: 'served' },
  },
  'protocol of a listener': {
    names: 'Protocol',
    of: (protocol) => [listenerOf('http', 8080, { protocol: protocol as 'HTTP' })],
    verdicts: {
      HBONE: 'port',
      HTTP: 'served',
      HTTPS: 'port',
      TCP: 'port',
      TLS: 'port',
      UNKNOWN: 'port',
    },
  },
};

for (const [place, { names, of, verdicts }] of Object.entries(PLACES)) {
  describe(place, () => {
    it('every one that the proto knows has its verdict here', () => {
      assert.deepEqual(Object.keys(verdicts).toSorted(), namesIn(names));
    });
    for (const [name, expected] of Object.entries(verdicts)) {
      it(`${name}: ${expected}`, () => assert.equal(verdictOf(of(name)), expected));
    }
  });
}

describe('a part from a newer control plane', () => {
  const rows: readonly (readonly [string, readonly NamedResource[], Verdict])[] = [
    ['an unknown kind of policy', policy({}), 'error'],
    ['an unknown kind of frontend policy', policy({ frontend: {} }), 'error'],
    ['an unknown kind of backend policy', policy({ backend: {} }), 'route'],
    ['an unknown kind of traffic policy', policy({ traffic: {} }), 'route'],
    [
      'an unknown filter of a route',
      [routeOf('httpbin/httpbin.00.http', { trafficPolicies: [{}] })],
      'route',
    ],
    ['an unknown policy inside a backend', [backendOf(1, { inlinePolicies: [{}] })], 'route'],
    ['an unknown protocol of a bind', [bindOf(8080, { protocol: 9 as 0 })], 'error'],
    [
      'an unknown protocol of a listener',
      [listenerOf('http', 8080, { protocol: 9 as 0 })],
      'error',
    ],
    ['an unknown mode of PROXY', [policyOf('p', { proxyProtocol: { mode: 9 as 0 } })], 'error'],
    [
      'an expression that cannot be read',
      [policyOf('p', { networkAuthorization: { deny: ['((('] } })],
      'warned',
    ],
  ];
  for (const [name, resources, expected] of rows) {
    it(`${name}: ${expected}`, () => assert.equal(verdictOf(resources), expected));
  }
});
