// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PolicyTarget } from '../../shared/proto/gen/agentgateway/dev/resource/PolicyTarget.js';
import { loadWire } from '../../shared/proto/wire.js';
import {
  backendOf,
  bindOf,
  GATEWAY,
  GATEWAY_TARGET,
  guideHttpPolicy,
  guideTcpPolicy,
  listenerOf,
  type NamedResource,
  policyOf,
  receivedResource,
  routeOf,
  tcpRouteOf,
} from '../../test/support/wire-resources.js';
import type { BindPlan, TcpKeepalive } from '../engine/plan.js';
import { effectivePlan } from './effective-plan.js';
import { DEFAULT_HTTP } from './http-values.js';
import { type ResourceSet, stageDelta } from './resource-set.js';
import { type GatewayResource, gatewayResourceType } from './resource-types.js';

const wire = loadWire();
const OFF: TcpKeepalive = { enabled: false, idleSeconds: 7200, intervalSeconds: 75, probes: 9 };
const on = (idleSeconds: number, intervalSeconds: number, probes: number): TcpKeepalive => ({
  enabled: true,
  idleSeconds,
  intervalSeconds,
  probes,
});

const CONTEXT = { gateway: GATEWAY, version: '7-abc', systemKeepalive: OFF };

type Held = ResourceSet<GatewayResource>;

/** `held` after a response with these resources and removals. */
function after(held: Held, resources: readonly NamedResource[], removed: readonly string[] = []) {
  const { next, diagnostics } = stageDelta(gatewayResourceType(wire), held, {
    resources: resources.map((named) => receivedResource(wire.resource, named)),
    removed,
  });
  const refused = diagnostics.filter(({ severity }) => severity === 'error');
  assert.deepEqual(refused, [], 'the fixtures are acceptable');
  return next;
}

function planOf(...resources: readonly NamedResource[]) {
  const { plan, warnings } = effectivePlan(after(new Map(), resources), CONTEXT);
  const bind = (port: number): BindPlan => {
    const found = plan.binds.find((candidate) => candidate.port === port);
    assert.ok(found, `no bind ${port}`);
    return found;
  };
  return { plan, bind, warnings: warnings.map(({ key, message }) => `${key}: ${message}`) };
}

/** Port 8080 HTTP with one route, port 8090 TCP with one route, one backend: what the sample has. */
const SAMPLE = [
  bindOf(8080),
  bindOf(8090, { protocol: 'TCP' }),
  listenerOf('http', 8080),
  listenerOf('tcp', 8090, { protocol: 'TCP' }),
  routeOf('httpbin/httpbin.00.http'),
  tcpRouteOf('httpbin/tcp.00.tcp'),
  backendOf(18_000),
];
const onPort = (port: number): PolicyTarget => ({ gateway: { ...GATEWAY, port } });

describe('the plan of the sample', () => {
  it('without a policy: keepalive off with the values of the system, HTTP at its defaults', () => {
    const { plan, warnings } = planOf(...SAMPLE);
    const backends = [{ key: 'httpbin/httpbin', host: '127.0.0.1', port: 18_000, weight: 1 }];
    const scope = 'httpbin/agentgateway-proxy';
    assert.deepEqual(warnings, []);
    assert.deepEqual(plan, {
      version: '7-abc',
      upstreamTcp: on(180, 180, 9),
      binds: [
        {
          key: `8080/${scope}`,
          port: 8080,
          protocol: 'http',
          tcp: OFF,
          http: DEFAULT_HTTP,
          policyKeys: [],
          listeners: [
            {
              key: `${scope}.http`,
              name: 'http',
              hostname: '',
              tcpRoutes: [],
              routes: [
                {
                  key: 'httpbin/httpbin.00.http',
                  hostnames: [],
                  pathMatch: { type: 'prefix', value: '/' },
                  backends,
                },
              ],
            },
          ],
        },
        {
          key: `8090/${scope}`,
          port: 8090,
          protocol: 'tcp',
          tcp: OFF,
          http: DEFAULT_HTTP,
          policyKeys: [],
          listeners: [
            {
              key: `${scope}.tcp`,
              name: 'tcp',
              hostname: '',
              routes: [],
              tcpRoutes: [{ key: 'httpbin/tcp.00.tcp', backends }],
            },
          ],
        },
      ],
    });
  });

  it('with both policies of the guide', () => {
    const { bind } = planOf(...SAMPLE, guideTcpPolicy(), guideHttpPolicy());
    assert.deepEqual(bind(8080).tcp, on(30, 5, 3));
    assert.deepEqual(bind(8090).tcp, on(30, 5, 3));
    assert.deepEqual(bind(8080).http, {
      ...DEFAULT_HTTP,
      http2KeepaliveIntervalMs: 5000,
      http2KeepaliveTimeoutMs: 30_000,
    });
    assert.equal(bind(8080).policyKeys.length, 2);
  });
});

describe('values of a tcp policy', () => {
  const rows: readonly (readonly [string, object | undefined, TcpKeepalive])[] = [
    ['no keepalives block', undefined, on(180, 180, 9)],
    ['an empty block', {}, on(180, 180, 9)],
    ['only time', { time: { seconds: 60 } }, on(60, 180, 9)],
    ['part of a second is cut off', { time: { seconds: 1, nanos: 9e8 } }, on(1, 180, 9)],
    ['the largest', { time: { seconds: 32_767 }, retries: 127 }, on(32_767, 180, 127)],
  ];
  for (const [name, keepalives, expected] of rows) {
    it(name, () => {
      const tcp = keepalives === undefined ? {} : { keepalives };
      assert.deepEqual(planOf(...SAMPLE, policyOf('p', { tcp })).bind(8080).tcp, expected);
    });
  }
});

describe('precedence', () => {
  const seconds = (time: number) => ({ tcp: { keepalives: { time: { seconds: time } } } });

  it('a port beats the Gateway as a whole block, on that port only', () => {
    const { bind, warnings } = planOf(
      ...SAMPLE,
      guideTcpPolicy(),
      policyOf('z', seconds(60), onPort(8080)),
    );
    assert.deepEqual(bind(8080).tcp, on(60, 180, 9));
    assert.deepEqual(bind(8090).tcp, on(30, 5, 3));
    assert.deepEqual(warnings, []);
  });

  it('of the same kind and target the lowest key wins, and the other is named', () => {
    const { bind, warnings } = planOf(
      ...SAMPLE,
      policyOf('b', seconds(60)),
      policyOf('a', seconds(50)),
    );
    assert.equal(bind(8080).tcp.idleSeconds, 50);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /keepalive:b: has no effect: .*:a has the same kind and target/,
    );
  });

  it('kinds do not compete', () => {
    const { bind } = planOf(
      ...SAMPLE,
      policyOf('a', { http: { http1MaxHeaders: 7 } }, onPort(8080)),
      policyOf('b', seconds(60)),
    );
    assert.equal(bind(8080).http.http1MaxHeaders, 7);
    assert.equal(bind(8080).tcp.idleSeconds, 60);
  });

  it('another Gateway is nobody here', () => {
    const elsewhere = { gateway: { ...GATEWAY, namespace: 'agentgateway-system' } };
    const { bind, warnings } = planOf(...SAMPLE, policyOf('a', seconds(60), elsewhere));
    assert.deepEqual([bind(8080).tcp, warnings], [OFF, []]);
  });

  it('a listener is no place for connection settings', () => {
    const target = { gateway: { ...GATEWAY, listener: 'http' } };
    const { bind, warnings } = planOf(...SAMPLE, policyOf('a', seconds(60), target));
    assert.deepEqual(bind(8080).tcp, OFF);
    assert.match(warnings[0] ?? '', /on listener http has no effect/);
  });
});

describe('a bind fails closed', () => {
  const authz = { networkAuthorization: { allow: ['true'] } };
  const rows: readonly (readonly [string, readonly NamedResource[], readonly number[], RegExp])[] =
    [
      [
        'network authorization of the Gateway',
        [policyOf('n', authz)],
        [8080, 8090],
        /cannot enforce frontend.networkAuthorization, so it closed 8080.*, 8090/,
      ],
      [
        'network authorization of a port',
        [policyOf('n', authz, onPort(8090))],
        [8090],
        /closed 8090/,
      ],
      [
        'network authorization of a listener',
        [policyOf('n', authz, { gateway: { ...GATEWAY, listener: 'tcp' } })],
        [8090],
        /closed 8090/,
      ],
      [
        'PROXY protocol',
        [policyOf('p', { proxyProtocol: { mode: 'OPTIONAL' } }, onPort(8080))],
        [8080],
        /cannot enforce frontend.proxyProtocol/,
      ],
      [
        'an HTTPS listener',
        [listenerOf('tls', 8080, { protocol: 'HTTPS' })],
        [8080],
        /protocol HTTPS is not served/,
      ],
      [
        'a TCP listener on an HTTP bind',
        [listenerOf('odd', 8080, { protocol: 'TCP' })],
        [8080],
        /protocol TCP is not served on a bind of protocol HTTP/,
      ],
      ['a TLS bind', [bindOf(8443, { protocol: 'TLS' })], [8443], /protocol TLS are not served/],
      ['a tunnel', [bindOf(8443, { tunnelProtocol: 'PROXY' })], [8443], /tunnel protocol PROXY/],
      [
        'the same port again',
        [{ name: 'bind/z', resource: { bind: { key: 'z', port: 8080 } } }],
        [8080],
        /has the same port 8080/,
      ],
    ];
  for (const [name, resources, ports, warning] of rows) {
    it(name, () => {
      const { plan, warnings } = planOf(...SAMPLE, ...resources);
      const closed = plan.binds.filter(({ refusal }) => refusal !== undefined);
      assert.deepEqual(
        closed.map(({ port }) => port),
        ports,
      );
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', warning);
    });
  }

  it('but not for another Gateway', () => {
    const elsewhere = { gateway: { ...GATEWAY, name: 'other' } };
    const { plan } = planOf(...SAMPLE, policyOf('n', authz, elsewhere));
    assert.ok(plan.binds.every(({ refusal }) => refusal === undefined));
  });

  it('and an internal bind opens nothing', () => {
    const { plan, warnings } = planOf(bindOf(80, { mode: 'INTERNAL' }));
    assert.deepEqual(plan.binds, []);
    assert.match(warnings[0] ?? '', /internal binds are not served/);
  });
});

describe('a route fails closed', () => {
  const only = (more: Parameters<typeof routeOf>[1]) => [
    bindOf(8080),
    listenerOf('http', 8080),
    backendOf(18_000),
    routeOf('r', more),
  ];
  const trafficOn = (target: PolicyTarget): NamedResource => ({
    name: 'policy/t',
    resource: { policy: { key: 't', target, traffic: {} } },
  });
  const to = (backend: object) => only({ backends: [{ weight: 1, ...backend }] });
  const rows: readonly (readonly [string, readonly NamedResource[], RegExp])[] = [
    ['regular expression', only({ matches: [{ path: { regex: '/a.*' } }] }), /regular expression/],
    [
      'header match',
      only({ matches: [{ headers: [{ name: 'a', exact: 'b' }] }] }),
      /matches on headers/,
    ],
    ['method match', only({ matches: [{ method: { exact: 'GET' } }] }), /matches on the method/],
    [
      'query match',
      only({ matches: [{ queryParams: [{ name: 'a', exact: 'b' }] }] }),
      /query parameters/,
    ],
    ['a filter', only({ trafficPolicies: [{}] }), /a filter that this worker cannot enforce/],
    ['no backend', only({ backends: [] }), /no backend with a weight above 0/],
    [
      'only weight 0',
      only({ backends: [{ backend: { backend: 'httpbin/httpbin' }, weight: 0 }] }),
      /weight above 0/,
    ],
    ['missing backend', to({ backend: { backend: 'a/b' } }), /backend a\/b does not exist/],
    [
      'service',
      to({ backend: { service: { namespace: 'n', hostname: 'h' }, port: 80 } }),
      /does not resolve services \(n\/h\)/,
    ],
    ['route group', to({ routeGroupKey: 'g' }), /route groups/],
    [
      'unknown backend policy',
      to({ backend: { backend: 'httpbin/httpbin' }, backendPolicies: [{}] }),
      /policy on its backend/,
    ],
    [
      'unix socket',
      [
        ...only({}).filter(({ name }) => !name.startsWith('backend')),
        backendOf(1, { static: { unixPath: '/run/x' } }),
      ],
      /unix socket/,
    ],
    [
      'dynamic backend',
      [
        ...only({}).filter(({ name }) => !name.startsWith('backend')),
        {
          name: 'backend/d',
          resource: { backend: { key: 'httpbin/httpbin', name: { name: 'n' }, dynamic: {} } },
        },
      ],
      /of kind dynamic/,
    ],
    [
      'traffic policy of the Gateway',
      [...only({}), trafficOn(GATEWAY_TARGET)],
      /traffic policy t cannot be enforced/,
    ],
    [
      'traffic policy of the route',
      [
        ...only({}),
        trafficOn({ route: { name: 'httpbin', namespace: 'httpbin', kind: 'HTTPRoute' } }),
      ],
      /traffic policy t/,
    ],
    [
      'traffic policy of the backend',
      [...only({}), trafficOn({ backend: { name: 'httpbin', namespace: 'httpbin' } })],
      /traffic policy t on its backend/,
    ],
  ];
  for (const [name, resources, reason] of rows) {
    it(name, () => {
      const { bind, warnings } = planOf(...resources);
      const route = bind(8080).listeners[0]?.routes[0];
      assert.match(route?.refusal?.reason ?? '', reason);
      assert.deepEqual(route?.backends, []);
      assert.match(warnings.join('\n'), /route\/r: this route answers 500/);
    });
  }

  it('but a policy on another route leaves it open', () => {
    const other = trafficOn({ route: { name: 'other', namespace: 'httpbin' } });
    const { bind, warnings } = planOf(...only({}), other);
    assert.equal(bind(8080).listeners[0]?.routes[0]?.refusal, undefined);
    assert.deepEqual(warnings, []);
  });

  it('and a TCP route refuses connections', () => {
    const tcp = [bindOf(8090, { protocol: 'TCP' }), listenerOf('tcp', 8090, { protocol: 'TCP' })];
    const { bind, warnings } = planOf(...tcp, tcpRouteOf('t'));
    assert.match(bind(8090).listeners[0]?.tcpRoutes[0]?.refusal?.reason ?? '', /does not exist/);
    assert.match(warnings[0] ?? '', /refuses connections/);
  });
});

describe('routes', () => {
  it('give one plan per match, each with a key of its own', () => {
    const { bind } = planOf(
      bindOf(8080),
      listenerOf('http', 8080, { hostname: 'WWW.Example.com' }),
      backendOf(1),
      routeOf('r', {
        hostnames: ['A.Example.com'],
        matches: [{ path: { exact: '/x' } }, { path: { pathPrefix: '/y' } }],
      }),
      routeOf('s', { matches: [] }),
    );
    const [listener] = bind(8080).listeners;
    assert.equal(listener?.hostname, 'www.example.com');
    assert.deepEqual(
      listener?.routes.map(({ key, hostnames, pathMatch }) => [key, hostnames, pathMatch]),
      [
        ['r', ['a.example.com'], { type: 'exact', value: '/x' }],
        ['r#1', ['a.example.com'], { type: 'prefix', value: '/y' }],
        ['s', [], { type: 'prefix', value: '/' }],
      ],
    );
  });

  it('with a condition that cannot be checked come before plain ones of the same path', () => {
    const plain = { path: { pathPrefix: '/' } };
    const { bind } = planOf(
      bindOf(8080),
      listenerOf('http', 8080),
      backendOf(1),
      routeOf('a'),
      routeOf('z', { matches: [plain, { ...plain, headers: [{ name: 'x', exact: 'y' }] }] }),
    );
    assert.deepEqual(
      bind(8080).listeners[0]?.routes.map(({ key, refusal }) => [key, refusal !== undefined]),
      [
        ['z#1', true],
        ['a', false],
        ['z', false],
      ],
    );
  });

  it('without their listener, and listeners without their bind, are named', () => {
    const { warnings } = planOf(listenerOf('http', 8080), routeOf('r', { listenerKey: 'x' }));
    assert.deepEqual(warnings, [
      'listener/httpbin/agentgateway-proxy.http: has no effect: bind 8080/httpbin/agentgateway-proxy does not exist',
      'route/r: has no effect: listener x does not exist',
    ]);
  });

  it('reach an inline address', () => {
    const inline = { inline: { hostname: 'svc.local', port: 81 } };
    const { bind } = planOf(
      bindOf(8080),
      listenerOf('http', 8080),
      routeOf('r', { backends: [{ backend: inline, weight: 3 }] }),
    );
    assert.deepEqual(bind(8080).listeners[0]?.routes[0]?.backends, [
      { key: 'inline/svc.local:81', host: 'svc.local', port: 81, weight: 3 },
    ]);
  });
});

describe('upstream keepalive', () => {
  const policy = (target: PolicyTarget): NamedResource => ({
    name: 'policy/u',
    resource: {
      policy: {
        key: 'u',
        target,
        backend: { backendTcp: { keepalive: { time: { seconds: 20 }, retries: 2 } } },
      },
    },
  });

  it('follows the policy of the whole Gateway', () => {
    const { plan, warnings } = planOf(policy(GATEWAY_TARGET));
    assert.deepEqual([plan.upstreamTcp, warnings], [on(20, 180, 2), []]);
  });

  it('says that it cannot follow one of a single backend', () => {
    const { plan, warnings } = planOf(policy({ backend: { name: 'a', namespace: 'b' } }));
    assert.deepEqual(plan.upstreamTcp, on(180, 180, 9));
    assert.match(warnings[0] ?? '', /backend_tcp has an effect only/);
  });
});

it('the order of resources does not matter', () => {
  const shuffled = [...SAMPLE, guideTcpPolicy(), guideHttpPolicy()];
  assert.deepEqual(planOf(...shuffled.toReversed()).plan, planOf(...shuffled).plan);
});

describe('a plan made from the one before', () => {
  const authz = policyOf('n', { networkAuthorization: {} });
  const traffic: NamedResource = {
    name: 'policy/t',
    resource: { policy: { key: 't', target: GATEWAY_TARGET, traffic: {} } },
  };
  const steps: readonly (readonly [string, readonly NamedResource[], string[]])[] = [
    ['a tcp policy comes', [guideTcpPolicy()], []],
    ['it changes', [guideTcpPolicy(60)], []],
    ['a restriction comes', [authz], []],
    ['it turns into something harmless', [{ ...authz, resource: guideHttpPolicy().resource }], []],
    ['a route is closed', [traffic], []],
    ['it is open again', [], [traffic.name]],
    ['a route moves', [routeOf('httpbin/httpbin.00.http', { hostnames: ['a.b'] })], []],
    ['the backend goes', [], [backendOf(1).name]],
    ['the policies go', [], [guideTcpPolicy().name, authz.name]],
  ];

  it('is the plan made from nothing, at every step', () => {
    let held = after(new Map(), SAMPLE);
    let before = effectivePlan(held, CONTEXT);
    for (const [name, resources, removed] of steps) {
      held = after(held, resources, removed);
      const next = effectivePlan(held, CONTEXT, before.basis);
      const fresh = effectivePlan(held, CONTEXT);
      assert.deepEqual([next.plan, next.warnings], [fresh.plan, fresh.warnings], name);
      before = next;
    }
  });

  it('keeps the listeners when only frontend values change', () => {
    const held = after(new Map(), SAMPLE);
    const before = effectivePlan(held, CONTEXT);
    const next = effectivePlan(after(held, [guideTcpPolicy()]), CONTEXT, before.basis);
    assert.equal(next.plan.binds[0]?.listeners, before.plan.binds[0]?.listeners);
    assert.notDeepEqual(next.plan.binds[0]?.tcp, before.plan.binds[0]?.tcp);
  });
});
