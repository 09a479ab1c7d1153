// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { loadWire } from '../../shared/proto/wire.js';
import {
  backendOf,
  bindOf,
  GATEWAY,
  guideHttpPolicy,
  guideTcpPolicy,
  listenerOf,
  type NamedResource,
  policyOf,
  receivedResource,
  routeOf,
  tcpRouteOf,
} from '../../test/support/wire-resources.js';
import { stageDelta } from '../state/resource-set.js';
import { gatewayResourceType } from '../state/resource-types.js';
import { configDump, renderDump } from './config-dump.js';
import { DEFAULT_PROFILE, DUMP_PROFILES, dumpProfile } from './config-dump-profile.js';

const wire = loadWire();

interface Dump {
  readonly binds: { readonly key: string }[];
  readonly policies: { readonly key: string; readonly policy: unknown; readonly target: unknown }[];
  readonly backends: unknown[];
}

function dumpOf(...resources: readonly NamedResource[]): Dump {
  return JSON.parse(renderedAs(DEFAULT_PROFILE, resources)) as Dump;
}

function renderedAs(profileName: string, resources: readonly NamedResource[]): string {
  const profile = dumpProfile(profileName);
  assert.ok(profile);
  const { next } = stageDelta(gatewayResourceType(wire), new Map(), {
    resources: resources.map((named) => receivedResource(wire.resource, named)),
    removed: [],
  });
  const facts = { version: '0.1.0', config: { cluster: 'local' } };
  return renderDump(configDump(next, new Map(), facts, profile));
}

describe('the dump of the guide', () => {
  it('TCP policy: every key in its order', () => {
    assert.equal(
      JSON.stringify(dumpOf(guideTcpPolicy()).policies[0]),
      '{"key":"frontend/httpbin/httpbin-keepalive:frontend-tcp:httpbin/agentgateway-proxy","name":{"kind":"AgentgatewayPolicy","name":"httpbin-keepalive","namespace":"httpbin"},"target":{"gateway":{"gatewayName":"agentgateway-proxy","gatewayNamespace":"httpbin","listenerName":null}},"policy":{"frontend":{"tCP":{"keepalives":{"enabled":true,"time":"30s","interval":"5s","retries":3}}}}}',
    );
  });

  it('HTTP policy: every key in its order, nulls included', () => {
    assert.equal(
      JSON.stringify(dumpOf(guideHttpPolicy()).policies[0]),
      '{"key":"frontend/httpbin/httpbin-keepalive:frontend-http:httpbin/agentgateway-proxy","name":{"kind":"AgentgatewayPolicy","name":"httpbin-keepalive","namespace":"httpbin"},"target":{"gateway":{"gatewayName":"agentgateway-proxy","gatewayNamespace":"httpbin","listenerName":null}},"policy":{"frontend":{"hTTP":{"maxBufferSize":2097152,"http1MaxHeaders":null,"http1IdleTimeout":"10m0s","http2WindowSize":null,"http2ConnectionWindowSize":null,"http2FrameSize":null,"http2KeepaliveInterval":"5s","http2KeepaliveTimeout":"30s"}}}}',
    );
  });
});

describe('policies in a dump', () => {
  const rows: readonly (readonly [string, NamedResource, unknown])[] = [
    [
      'tcp defaults',
      policyOf('p', { tcp: {} }),
      { tCP: { keepalives: { enabled: true, time: '3m0s', interval: '3m0s', retries: 9 } } },
    ],
    [
      'fields that profile 1.1 does not have are left out',
      policyOf('p', {
        http: { http1MaxHeaders: 5, maxConnectionDuration: { seconds: 1 }, http2FrameSize: 20_000 },
      }),
      {
        hTTP: {
          maxBufferSize: 2_097_152,
          http1MaxHeaders: 5,
          http1IdleTimeout: '10m0s',
          http2WindowSize: null,
          http2ConnectionWindowSize: null,
          http2FrameSize: 20_000,
          http2KeepaliveInterval: null,
          http2KeepaliveTimeout: null,
        },
      },
    ],
    ['connect', policyOf('p', { connect: { mode: 'ROUTE' } }), { connect: { mode: 'route' } }],
    ['connect by default', policyOf('p', { connect: {} }), { connect: { mode: 'deny' } }],
    [
      'proxy protocol',
      policyOf('p', { proxyProtocol: { version: 'ALL' } }),
      { proxy: { version: 'all', mode: 'strict' } },
    ],
    [
      'network authorization',
      policyOf('p', { networkAuthorization: { require: ['true'] } }),
      { networkAuthorization: { require: ['true'] } },
    ],
    [
      'tls',
      policyOf('p', {
        tls: {
          handshakeTimeout: { seconds: 90 },
          alpn: { protocols: ['h2'] },
          minVersion: 'TLS_V1_2',
        },
      }),
      { tLS: { handshakeTimeout: '1m30s', alpn: { protocols: ['h2'] }, minVersion: 'TLS_V1_2' } },
    ],
    [
      'access log',
      policyOf('p', {
        logging: { filter: 'x', fields: { add: [{ name: 'a', expression: 'b' }] } },
      }),
      { accessLog: { filter: 'x', fields: { add: [{ name: 'a', expression: 'b' }] } } },
    ],
    [
      'tracing, without the certificates of its collector',
      policyOf('p', {
        tracing: {
          providerBackend: { inline: { hostname: 'otel', port: 4317 } },
          protocol: 'GRPC',
          inlinePolicies: [{ backendTls: { hostname: 'otel', key: Buffer.from('SECRET') } }],
        },
      }),
      {
        tracing: {
          providerBackend: { inline: { hostname: 'otel', port: 4317 } },
          protocol: 'GRPC',
          inlinePolicies: [{ backendTls: { hostname: 'otel', key: '<redacted>' } }],
        },
      },
    ],
    [
      'metrics',
      policyOf('p', { metrics: { fields: { add: [{ name: 'a', expression: 'b' }] } } }),
      { metrics: { fields: { add: [{ name: 'a', expression: 'b' }] } } },
    ],
  ];
  for (const [name, resource, frontend] of rows) {
    it(name, () => assert.deepEqual(dumpOf(resource).policies[0]?.policy, { frontend }));
  }

  it('show a port only where there is one', () => {
    const target = { gateway: { ...GATEWAY, port: 8080 } };
    assert.equal(
      JSON.stringify(dumpOf(policyOf('p', { tcp: {} }, target)).policies[0]?.target),
      '{"gateway":{"gatewayName":"agentgateway-proxy","gatewayNamespace":"httpbin","listenerName":null,"port":8080}}',
    );
  });
});

describe('profiles', () => {
  const everything = {
    maxBufferSize: 4096,
    http1MaxHeaders: 5,
    http1IdleTimeout: { seconds: 90 },
    http1HeaderCase: 'PRESERVE' as const,
    http2WindowSize: 70_000,
    http2ConnectionWindowSize: 80_000,
    http2FrameSize: 20_000,
    http2MaxHeaderSize: 9000,
    http2KeepaliveInterval: { seconds: 5 },
    http2KeepaliveTimeout: { nanos: 500_000_000 },
    maxConnectionDuration: { seconds: 3600 },
  };
  const sample = [
    bindOf(8080),
    bindOf(8090, { protocol: 'TCP' }),
    listenerOf('http', 8080, { hostname: 'a.b' }),
    listenerOf('tcp', 8090, { protocol: 'TCP' }),
    routeOf('r', { hostnames: ['a.b'] }),
    tcpRouteOf('t'),
    backendOf(18_000),
    guideTcpPolicy(),
    guideHttpPolicy(),
    policyOf('everything', { http: everything }, { gateway: { ...GATEWAY, port: 8080 } }),
    policyOf('tls', { tls: { handshakeTimeout: { seconds: 90 } } }),
    policyOf('proxy', { proxyProtocol: { version: 'ALL' } }),
  ];

  for (const name of DUMP_PROFILES) {
    it(`${name} is as testdata has it`, () => {
      const file = new URL(`./testdata/config-dump-${name}.golden`, import.meta.url);
      const dump = renderedAs(name, sample);
      if (process.env['HEARTLINE_UPDATE_GOLDENS'] === '1') writeFileSync(file, dump);
      assert.equal(dump, readFileSync(file, 'utf8'), 'run with HEARTLINE_UPDATE_GOLDENS=1');
    });
  }

  it('1.4 writes the HTTP policy of the guide as that release does', () => {
    const { policies } = JSON.parse(renderedAs('1.4', [guideHttpPolicy()])) as Dump;
    assert.equal(
      JSON.stringify(policies[0]?.policy),
      '{"frontend":{"http":{"maxBufferSize":2097152,"http1IdleTimeout":"10m0s","http1HeaderCase":"lowercase","http2KeepaliveInterval":"5s","http2KeepaliveTimeout":"30s"}}}',
    );
  });
});

describe('a dump', () => {
  const sample = [
    bindOf(8090, { protocol: 'TCP' }),
    bindOf(8080),
    listenerOf('tcp', 8090, { protocol: 'TCP' }),
    listenerOf('http', 8080, { hostname: 'a.b' }),
    listenerOf('tls', 8080, {
      protocol: 'HTTPS',
      tls: { privateKey: Buffer.from('SECRET-KEY') },
    }),
    routeOf('r', { hostnames: ['a.b'] }),
    tcpRouteOf('t'),
    backendOf(18_000),
    guideTcpPolicy(),
    guideHttpPolicy(),
  ];

  it('has the keys of profile 1.1 in order, and sorted lists', () => {
    const dump = dumpOf(...sample);
    assert.deepEqual(Object.keys(dump), [
      'workloads',
      'services',
      'binds',
      'routes',
      'policies',
      'backends',
      'version',
      'config',
    ]);
    assert.deepEqual(
      dump.binds.map(({ key }) => key),
      ['8080/httpbin/agentgateway-proxy', '8090/httpbin/agentgateway-proxy'],
    );
    assert.deepEqual(JSON.stringify(dumpOf(...sample.toReversed())), JSON.stringify(dump));
  });

  it('shows binds with their listeners and routes', () => {
    const { binds, backends } = dumpOf(...sample.filter(({ name }) => !name.endsWith('.tls')));
    const head = { gatewayName: 'agentgateway-proxy', gatewayNamespace: 'httpbin' };
    assert.deepEqual(binds[0], {
      key: '8080/httpbin/agentgateway-proxy',
      address: '[::]:8080',
      protocol: 'http',
      tunnelProtocol: 'direct',
      listeners: {
        'httpbin/agentgateway-proxy.http': {
          key: 'httpbin/agentgateway-proxy.http',
          ...head,
          listenerName: 'http',
          hostname: 'a.b',
          protocol: 'HTTP',
          routes: {
            r: {
              key: 'r',
              name: 'httpbin',
              namespace: 'httpbin',
              hostnames: ['a.b'],
              matches: [{ path: { pathPrefix: '/' } }],
              backends: [{ weight: 1, backend: 'httpbin/httpbin' }],
            },
          },
        },
      },
    });
    assert.deepEqual(backends, [
      { backend: { host: { name: 'httpbin', namespace: 'httpbin', target: '127.0.0.1:18000' } } },
    ]);
  });

  it('shows what routes match on and their filters', () => {
    const { binds } = dumpOf(
      bindOf(8080),
      listenerOf('http', 8080),
      routeOf('r', {
        matches: [
          {
            path: { regex: '/v[0-9]+' },
            headers: [{ name: 'x', exact: '1' }],
            queryParams: [{ name: 'q', regex: '.+' }],
          },
        ],
        trafficPolicies: [
          {
            requestHeaderModifier: {
              add: [{ name: 'a', value: '1' }],
              set: [{ name: 'b', value: '2' }],
              remove: ['c'],
            },
          },
          { urlRewrite: { host: 'inside.test', full: '/new' } },
          {
            requestRedirect: {
              scheme: 'https',
              host: 'a.test',
              port: 8443,
              status: 301,
              prefix: '/p',
            },
          },
          { timeout: { request: { seconds: 10 }, backendRequest: { nanos: 500_000_000 } } },
          {},
        ],
        backends: [
          {
            backend: { backend: 'httpbin/httpbin' },
            weight: 1,
            backendPolicies: [{ responseHeaderModifier: { remove: ['server'] } }],
          },
        ],
      }),
    );
    const [bind] = binds as readonly { listeners?: object }[];
    const [listener] = Object.values(bind?.listeners ?? {});
    assert.deepEqual((listener as { routes: Record<string, unknown> }).routes['r'], {
      key: 'r',
      name: 'httpbin',
      namespace: 'httpbin',
      matches: [
        {
          path: { regex: '/v[0-9]+' },
          headers: [{ name: 'x', value: { exact: '1' } }],
          query: [{ name: 'q', value: { regex: '.+' } }],
        },
      ],
      backends: [
        {
          weight: 1,
          backend: 'httpbin/httpbin',
          inlinePolicies: [{ responseHeaderModifier: { remove: ['server'] } }],
        },
      ],
      inlinePolicies: [
        { requestHeaderModifier: { add: { a: '1' }, set: { b: '2' }, remove: ['c'] } },
        { urlRewrite: { authority: { host: 'inside.test' }, path: { full: '/new' } } },
        {
          requestRedirect: {
            scheme: 'https',
            authority: { full: 'a.test:8443' },
            path: { prefix: '/p' },
            status: 301,
          },
        },
        { timeout: { requestTimeout: '10s', backendRequestTimeout: '500ms' } },
        { unknown: {} },
      ],
    });
  });

  it('holds no key material', () => {
    const text = JSON.stringify(dumpOf(...sample));
    assert.ok(text.includes('"HTTPS":{}'));
    const secret = Buffer.from('SECRET-KEY');
    for (const form of [secret.toString(), secret.toString('base64'), [...secret].join(',')]) {
      assert.ok(!text.includes(form), form);
    }
  });
});
