// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PolicyTarget } from '../../shared/proto/gen/agentgateway/dev/resource/PolicyTarget.js';
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
  routeOf,
} from '../../test/support/wire-resources.js';
import { after, CONTEXT, OFF, on, planOf, SAMPLE } from '../../test/support/worker-plan.js';
import type { TcpKeepalive } from '../engine/plan.js';
import { effectivePlan } from './effective-plan.js';
import { DEFAULT_HTTP } from './http-values.js';

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

  it('carry the conditions of their match, each name once', () => {
    const { bind, warnings } = planOf(
      bindOf(8080),
      listenerOf('http', 8080),
      backendOf(1),
      routeOf('r', {
        matches: [
          {
            path: { regex: '/v[0-9]+' },
            method: { exact: 'PUT' },
            headers: [
              { name: 'X-A', exact: '1' },
              { name: 'x-a', exact: '2' },
              { name: 'b', regex: '.+' },
            ],
            queryParams: [
              { name: 'q', exact: '' },
              { name: 'Q', regex: 'x' },
            ],
          },
        ],
      }),
    );
    const { pathMatch, method, headers, query } = bind(8080).listeners[0]?.routes[0] ?? {};
    assert.deepEqual(
      { pathMatch, method, headers, query },
      {
        pathMatch: { type: 'regex', value: '/v[0-9]+' },
        method: 'PUT',
        headers: [
          { name: 'x-a', type: 'exact', value: '1' },
          { name: 'b', type: 'regex', value: '.+' },
        ],
        query: [
          { name: 'q', type: 'exact', value: '' },
          { name: 'Q', type: 'regex', value: 'x' },
        ],
      },
    );
    assert.deepEqual(warnings, []);
  });

  it('refuse the share of a backend that is missing, and serve the rest', () => {
    const { bind, warnings } = planOf(
      bindOf(8080),
      listenerOf('http', 8080),
      backendOf(1),
      routeOf('r', {
        backends: [
          { backend: { backend: 'httpbin/httpbin' }, weight: 1 },
          { backend: { backend: 'a/gone' }, weight: 3 },
          { backend: { backend: 'a/unused' }, weight: 0 },
        ],
      }),
    );
    assert.deepEqual(
      bind(8080).listeners[0]?.routes[0]?.backends.map(({ key, weight, refusal }) => [
        key,
        weight,
        refusal?.reason,
      ]),
      [
        ['httpbin/httpbin', 1, undefined],
        ['', 3, 'backend a/gone does not exist'],
      ],
    );
    assert.deepEqual(warnings, [
      'route/r: a share of this route answers 500: backend a/gone does not exist',
    ]);
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
