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
  policyOf,
  routeOf,
  tcpRouteOf,
} from '../../test/support/wire-resources.js';
import { planOf, SAMPLE } from '../../test/support/worker-plan.js';

describe('a bind fails closed', () => {
  const authz = { networkAuthorization: { allow: ['true'] } };
  const rows: readonly (readonly [string, readonly NamedResource[], readonly number[], RegExp])[] =
    [
      [
        'network authorization of a listener',
        [policyOf('n', authz, { gateway: { ...GATEWAY, listener: 'tcp' } })],
        [8090],
        /cannot enforce frontend.networkAuthorization of a listener, so it closed 8090/,
      ],
      [
        'PROXY protocol of a listener',
        [policyOf('p', { proxyProtocol: {} }, { gateway: { ...GATEWAY, listener: 'http' } })],
        [8080],
        /cannot enforce frontend.proxyProtocol of a listener, so it closed 8080/,
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

  it('and every policy that closes it is named', () => {
    const target = { gateway: { ...GATEWAY, listener: 'http' } };
    const authorization = policyOf('n', authz, target);
    const proxy = policyOf('p', { proxyProtocol: {} }, target);
    const { warnings } = planOf(...SAMPLE, authorization, proxy);
    assert.equal(warnings.length, 2);
    assert.match(warnings.join('\n'), /networkAuthorization of a listener, so it closed 8080/);
    assert.match(warnings.join('\n'), /proxyProtocol of a listener, so it closed 8080/);
  });

  it('but not for another Gateway', () => {
    const elsewhere = { gateway: { ...GATEWAY, name: 'other', listener: 'http' } };
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
    ['a path of an unknown kind', only({ matches: [{ path: {} }] }), /matches paths in a way/],
    [
      'a header of an unknown kind',
      only({ matches: [{ headers: [{ name: 'a' }] }] }),
      /matches a header in a way/,
    ],
    [
      'a query parameter of an unknown kind',
      only({ matches: [{ queryParams: [{ name: 'a' }] }] }),
      /matches a query parameter in a way/,
    ],
    [
      'a prefix replaced in an exact path',
      only({
        matches: [{ path: { exact: '/a' } }],
        trafficPolicies: [{ urlRewrite: { prefix: '/b' } }],
      }),
      /replaces the prefix of a path that it does not match by prefix/,
    ],
    [
      'a header value with a line break',
      only({
        trafficPolicies: [
          { responseHeaderModifier: { set: [{ name: 'a', value: 'b\r\nset-cookie: c' }] } },
        ],
      }),
      /a value in header a that no header can have/,
    ],
    [
      'a header name that is none',
      only({
        trafficPolicies: [{ requestHeaderModifier: { add: [{ name: 'a b', value: 'c' }] } }],
      }),
      /writes a header "a b"/,
    ],
    [
      'a host that is none',
      only({ trafficPolicies: [{ urlRewrite: { host: 'a/b' } }] }),
      /"a\/b" in place of the host/,
    ],
    [
      'a redirect with a status of something else',
      only({ trafficPolicies: [{ requestRedirect: { status: 200 } }] }),
      /its redirect has the status 200/,
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
      'service without a port',
      to({ backend: { service: { namespace: 'n', hostname: 'h' } } }),
      /service n\/h is referred to with port 0/,
    ],
    ['route group', to({ routeGroupKey: 'g' }), /route groups/],
    [
      'unknown backend policy',
      to({ backend: { backend: 'httpbin/httpbin' }, backendPolicies: [{}] }),
      /policy on its backend/,
    ],
    [
      'TLS to the backend',
      to({ backend: { backend: 'httpbin/httpbin' }, backendPolicies: [{ backendTls: {} }] }),
      /policy on its backend/,
    ],
    [
      'TLS to every backend of the Gateway',
      [
        ...only({}),
        {
          name: 'policy/t',
          resource: {
            policy: { key: 't', target: GATEWAY_TARGET, backend: { backendTls: {} } },
          },
        },
      ],
      /backend policy t cannot be enforced/,
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
