// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '../log/transaction.js';
import { findKind } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { compileGateway } from './compile-gateway.js';
import { objectStatuses } from './status.js';
import { createTargetLookup } from './target-lookup.js';
import { gatewaysOf, referentsOf } from './targets.js';

const gatewayName = { namespace: 'default', name: 'test' };

function object(kind: string, name: string, spec: JsonValue, rest: object = {}): KubeObject {
  const metadata = {
    name,
    namespace: 'default',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...rest,
  };
  return { apiVersion: 'any', kind, metadata, spec };
}

const gateway = object('Gateway', 'test', {
  gatewayClassName: 'agentgateway',
  listeners: [
    { name: 'http', port: 8080, protocol: 'HTTP' },
    { name: 'tcp', port: 8090, protocol: 'TCP' },
  ],
});

function policy(name: string, gatewayNames: readonly string[]): KubeObject {
  return object('AgentgatewayPolicy', name, {
    targetRefs: gatewayNames.map((target) => ({
      group: 'gateway.networking.k8s.io',
      kind: 'Gateway',
      name: target,
    })),
    frontend: { tcp: { keepalive: { time: '30s' } }, http: { http1MaxHeaders: 5 } },
  });
}

const toBackend = { group: 'agentgateway.dev', kind: 'AgentgatewayBackend', weight: 1 };
const parent = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'test' };

function route(kind: string, name: string, backend: string): KubeObject {
  return object(kind, name, {
    parentRefs: [parent],
    rules: [{ backendRefs: [{ ...toBackend, name: backend }] }],
  });
}

describe('compileGateway', () => {
  const objects = {
    policies: ['a', 'b', 'c'].map((name) => policy(name, ['test', 'other'])),
    httpRoutes: ['r', 's'].map((name) => route('HTTPRoute', name, 'app')),
    tcpRoutes: ['t', 'u'].map((name) => route('TCPRoute', name, 'app')),
    backends: ['app', 'unused'].map((name) =>
      object('AgentgatewayBackend', name, { static: { host: 'h', port: 1 } }),
    ),
  };
  const expected = compileGateway({ gatewayName, gateway, ...objects });

  it('gives the same output whatever the order of the input', () => {
    const shuffled = fc.record({
      policies: fc.shuffledSubarray(objects.policies, { minLength: 3 }),
      httpRoutes: fc.shuffledSubarray(objects.httpRoutes, { minLength: 2 }),
      tcpRoutes: fc.shuffledSubarray(objects.tcpRoutes, { minLength: 2 }),
      backends: fc.shuffledSubarray(objects.backends, { minLength: 2 }),
    });
    fc.assert(
      fc.property(shuffled, (input) => {
        assert.deepEqual(compileGateway({ gatewayName, gateway, ...input }), expected);
      }),
      { numRuns: 50 },
    );
  });

  it('names each resource once, in order', () => {
    const names = expected.resources.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)].sort());
  });

  it('sends a backend only where a route uses it', () => {
    const backends = expected.resources.filter(({ name }) => name.startsWith('backend/'));
    assert.deepEqual(
      backends.map(({ name }) => name),
      ['backend/default/app'],
    );
  });

  it('sends nothing but policies for a gateway that does not exist', () => {
    const { resources } = compileGateway({ gatewayName, ...objects });
    assert.deepEqual(
      resources.map(({ name }) => name),
      [
        'policy/frontend/default/a:frontend-http:default/test',
        'policy/frontend/default/a:frontend-tcp:default/test',
      ],
    );
  });
});

describe('the target index', () => {
  const kindOf = (word: string) => findKind(word) ?? assert.fail(word);
  const empty = createTargetLookup([]);

  it('names every gateway of a policy once, existing or not', () => {
    const named = gatewaysOf(kindOf('agpol'), policy('p', ['a', 'b', 'a']), empty);
    assert.deepEqual(named, [
      { namespace: 'default', name: 'a' },
      { namespace: 'default', name: 'b' },
    ]);
  });

  it('needs the gateways to tell what a selector selects', () => {
    const selector = { group: parent.group, kind: 'Gateway', matchLabels: { tier: 'edge' } };
    const selecting = object('AgentgatewayPolicy', 'p', { targetSelectors: [selector] });
    const edge = object('Gateway', 'edge', gateway.spec ?? null, { labels: { tier: 'edge' } });
    assert.deepEqual(gatewaysOf(kindOf('agpol'), selecting, empty), []);
    assert.deepEqual(gatewaysOf(kindOf('agpol'), selecting, createTargetLookup([gateway, edge])), [
      { namespace: 'default', name: 'edge' },
    ]);
  });

  it('names the parents and the backends of a route, and no gateway of a backend', () => {
    const http = route('HTTPRoute', 'r', 'app');
    assert.deepEqual(gatewaysOf(kindOf('httproute'), http, empty), [gatewayName]);
    assert.deepEqual(referentsOf(http), [
      { group: 'agentgateway.dev', kind: 'AgentgatewayBackend', namespace: 'default', name: 'app' },
    ]);
    assert.deepEqual(referentsOf(gateway), [
      {
        group: 'gateway.networking.k8s.io',
        kind: 'GatewayClass',
        namespace: '',
        name: 'agentgateway',
      },
    ]);
    const backend = object('AgentgatewayBackend', 'app', {});
    assert.deepEqual(gatewaysOf(kindOf('agbe'), backend, empty), []);
  });
});

describe('a policy of more Gateways than a status may list', () => {
  const labels = { tier: 'edge' };
  const gateways = Array.from({ length: 20 }, (_, index) =>
    object('Gateway', `gw-${index}`, gateway.spec ?? null, { labels }),
  );
  const selector = { group: parent.group, kind: 'Gateway', matchLabels: labels };
  const selecting = object('AgentgatewayPolicy', 'p', {
    targetSelectors: [selector],
    frontend: { tcp: { keepalive: {} } },
  });
  const foreign = ['a', 'b'].map((name) => ({
    ancestorRef: { name },
    controllerName: 'example.com/other',
    conditions: [],
  }));
  const rows: readonly (readonly [string, JsonValue | undefined, number, RegExp])[] = [
    ['lists 15 and sums up the rest', undefined, 15, /^5 Gateways are left out/],
    ['leaves room for other controllers', { ancestors: foreign }, 13, /^7 Gateways are left out/],
  ];
  for (const [name, previous, listed, summary] of rows) {
    it(name, () => {
      const [written] = objectStatuses({
        policies: [selecting],
        gateways,
        ...{ httpRoutes: [], tcpRoutes: [], backends: [] },
        previous: ({ kind }) => (kind === 'AgentgatewayPolicy' ? previous : undefined),
        nowMs: 0,
        gatewayFacts: () => undefined,
      });
      assert.ok(written);
      const { ancestors } = written.status as unknown as {
        ancestors: {
          ancestorRef: { kind?: string; name: string };
          conditions: { type: string; message: string }[];
        }[];
      };
      assert.equal(ancestors.length, 16);
      assert.equal(ancestors.filter(({ ancestorRef }) => ancestorRef.kind).length, listed);
      const last = ancestors.at(-1);
      assert.equal(last?.ancestorRef.name, 'StatusSummary');
      const summarized = last?.conditions.find(({ type }) => type === 'StatusSummarized');
      assert.match(summarized?.message ?? '', summary);
    });
  }
});
