// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import type { JsonValue, Op } from '../../control-plane/log/transaction.js';
import { apiVersionOf, findKind, objectKey } from '../../control-plane/policy/kinds.js';
import type { KubeObject } from '../../control-plane/policy/kube-object.js';
import { CERTIFICATES } from './certificates.js';
import { crdAdmission } from './crd-admission.js';

/**
 * Small worlds of objects that refer to each other in every way: few names, so that they meet. One change
 * puts or deletes one object; a sequence of them is a history of a cluster.
 */
export interface WorldChange {
  /** Store key of the object. */
  readonly key: string;
  /** Undefined = it is deleted. */
  readonly object: KubeObject | undefined;
}

const GATEWAY_API = 'gateway.networking.k8s.io';
const NAMESPACES = ['one', 'two'] as const;
const GATEWAYS = ['left', 'right', 'missing'] as const;
const namespace = fc.constantFrom(...NAMESPACES);
const gatewayName = fc.constantFrom(...GATEWAYS);
/** Mostly the same namespace: references across are the exception. */
const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 });

/** One variant of an object: its kind, its names and its spec before admission. */
interface Draft {
  readonly kind: string;
  readonly names: readonly string[];
  readonly spec?: fc.Arbitrary<object>;
  /** What stands beside `metadata` in kinds without a spec. */
  readonly body?: fc.Arbitrary<object>;
  readonly labels?: fc.Arbitrary<Record<string, string>>;
}

const backendRef = fc.oneof(
  fc.record({
    group: fc.constant('agentgateway.dev'),
    kind: fc.constant('AgentgatewayBackend'),
    name: fc.constantFrom('b1', 'b2'),
    namespace: perhaps(namespace),
    weight: fc.constantFrom(0, 1, 3),
  }),
  fc.record({
    name: fc.constantFrom('s1', 'nowhere'),
    namespace: perhaps(namespace),
    port: fc.constantFrom(80, 81),
  }),
);

const parentRef = fc.record({
  name: gatewayName,
  namespace: perhaps(namespace),
  sectionName: perhaps(fc.constantFrom('http', 'web', 'tls')),
});

/** What backend settings are about: a Gateway, a route, a backend or a Service, by name or by label. */
const backendTarget = fc.oneof(
  gatewayName.map((name) => ({ targetRefs: [gatewayRef(name)] })),
  fc.constantFrom('r1', 'r2').map((name) => ({
    targetRefs: [{ group: GATEWAY_API, kind: 'HTTPRoute', name }],
  })),
  fc.constantFrom('b1', 'b2').map((name) => ({
    targetRefs: [{ group: 'agentgateway.dev', kind: 'AgentgatewayBackend', name }],
  })),
  fc.constant({ targetRefs: [{ group: '', kind: 'Service', name: 's1' }] }),
  fc.constantFrom('edge', 'core').map((tier) => ({
    targetSelectors: [
      { group: 'agentgateway.dev', kind: 'AgentgatewayBackend', matchLabels: { tier } },
    ],
  })),
);

const collector = fc.record({
  group: fc.constant('agentgateway.dev'),
  kind: fc.constant('AgentgatewayBackend'),
  name: fc.constantFrom('b1', 'b2'),
  namespace: perhaps(namespace),
});

const PROTOCOLS: Readonly<Record<string, string>> = { tcp: 'TCP', tls: 'HTTPS' };

const certificate = fc.record({
  certificateRefs: fc.tuple(
    fc.record({ name: fc.constant('cert'), namespace: perhaps(namespace) }),
  ),
});

const DRAFTS: readonly Draft[] = [
  {
    kind: 'Secret',
    names: ['cert'],
    body: fc
      .constantFrom(CERTIFICATES.a, CERTIFICATES.b, { certificate: '', privateKey: '' })
      .map((pair) => ({
        type: 'kubernetes.io/tls',
        stringData: { 'tls.crt': pair.certificate, 'tls.key': pair.privateKey },
      })),
  },
  {
    kind: 'GatewayClass',
    names: ['agentgateway', 'other'],
    spec: fc.record({
      controllerName: fc.constantFrom(
        'agentgateway.dev/agentgateway',
        'agentgateway.dev/agentgateway',
        'example.com/other',
      ),
    }),
  },
  {
    kind: 'AgentgatewayPolicy',
    names: ['q1', 'q2'],
    spec: fc
      .tuple(
        backendTarget,
        fc.constantFrom('1s', '2s').map((connectTimeout) => ({ tcp: { connectTimeout } })),
      )
      .map(([target, backend]) => ({ ...target, backend })),
  },
  {
    kind: 'AgentgatewayPolicy',
    names: ['o1', 'o2'],
    spec: fc
      .tuple(
        gatewayName,
        perhaps(fc.constantFrom('http', 'web')),
        fc.oneof(
          collector.map((backendRef) => ({ tracing: { backendRef } })),
          collector.map((backendRef) => ({ accessLog: { otlp: { backendRef } } })),
          fc.constantFrom('1', '{{').map((expression) => ({
            metrics: { attributes: { add: [{ name: 'a', expression }] } },
          })),
        ),
      )
      .map(([name, sectionName, frontend]) => ({
        targetRefs: [{ ...gatewayRef(name), sectionName }],
        frontend,
      })),
  },
  {
    kind: 'Gateway',
    names: ['left', 'right'],
    labels: fc.record({ tier: fc.constantFrom('edge', 'core') }),
    spec: fc.subarray(['http', 'web', 'tcp', 'tls'], { minLength: 1 }).chain((names) =>
      fc.record({
        gatewayClassName: fc.constantFrom('agentgateway', 'agentgateway', 'other'),
        listeners: fc.tuple(
          ...names.map((name, at) =>
            fc.record({
              name: fc.constant(name),
              port: fc.constant(8080 + at),
              protocol: fc.constant(PROTOCOLS[name] ?? 'HTTP'),
              ...(name === 'tls' ? { tls: certificate } : {}),
              allowedRoutes: fc.record({
                namespaces: fc.record({ from: fc.constantFrom('Same', 'All') }),
              }),
            }),
          ),
        ),
      }),
    ),
  },
  {
    kind: 'AgentgatewayPolicy',
    names: ['p1', 'p2', 'p3'],
    spec: fc
      .tuple(
        fc.oneof(
          fc
            .uniqueArray(gatewayName, { minLength: 1 })
            .map((names) => ({ targetRefs: names.map((name) => gatewayRef(name)) })),
          fc.record({ name: gatewayName, port: fc.constantFrom(8080, 9999) }).map((target) => ({
            targetRefs: [{ ...gatewayRef(target.name), port: target.port }],
          })),
          fc.constantFrom('edge', 'core').map((tier) => ({
            targetSelectors: [{ group: GATEWAY_API, kind: 'Gateway', matchLabels: { tier } }],
          })),
        ),
        fc.constantFrom(
          { tcp: { keepalive: { time: '10s' } } },
          { tcp: { keepalive: { time: '20s', retries: 3 } } },
          { http: { http2KeepaliveInterval: '5s' } },
          { tcp: { keepalive: {} }, http: { http1IdleTimeout: '60s' } },
        ),
      )
      .map(([target, frontend]) => ({ ...target, frontend })),
  },
  {
    kind: 'AgentgatewayBackend',
    names: ['b1', 'b2'],
    labels: fc.record({ tier: fc.constantFrom('edge', 'core') }),
    spec: fc.constantFrom(18_000, 18_001).map((port) => ({ static: { host: '127.0.0.1', port } })),
  },
  {
    kind: 'HTTPRoute',
    names: ['r1', 'r2', 'r3'],
    spec: fc.record({
      parentRefs: fc.uniqueArray(parentRef, { minLength: 1, maxLength: 2, selector: textOf }),
      hostnames: fc.constantFrom([], ['a.example.com'], ['*.example.com', 'b.example.com']),
      rules: fc.array(
        fc.record({
          matches: fc.constantFrom(
            [{ path: { type: 'PathPrefix', value: '/' } }],
            [
              { path: { type: 'Exact', value: '/x' } },
              { path: { type: 'PathPrefix', value: '/y' } },
            ],
          ),
          backendRefs: fc.array(backendRef, { maxLength: 2 }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    }),
  },
  {
    kind: 'TCPRoute',
    names: ['t1'],
    spec: fc.record({
      parentRefs: fc.tuple(parentRef.map((ref) => ({ ...ref, sectionName: 'tcp' }))),
      rules: fc.tuple(
        fc.record({ backendRefs: fc.array(backendRef, { minLength: 1, maxLength: 2 }) }),
      ),
    }),
  },
  {
    kind: 'Service',
    names: ['s1'],
    spec: fc.constantFrom(80, 81).map((port) => ({
      clusterIP: '10.0.0.1',
      ports: [{ name: 'http', port, targetPort: 8080, protocol: 'TCP' }],
    })),
  },
  {
    kind: 'ReferenceGrant',
    names: ['g1', 'g2'],
    spec: fc.record({
      from: fc.tuple(
        fc.record({
          group: fc.constant(GATEWAY_API),
          kind: fc.constantFrom('Gateway', 'HTTPRoute', 'TCPRoute'),
          namespace,
        }),
        fc.record({
          group: fc.constant('agentgateway.dev'),
          kind: fc.constant('AgentgatewayPolicy'),
          namespace,
        }),
      ),
      to: fc.constantFrom(
        [{ group: '', kind: 'Service' }],
        [{ group: '', kind: 'Secret' }],
        [{ group: 'agentgateway.dev', kind: 'AgentgatewayBackend' }],
        [{ group: 'agentgateway.dev', kind: 'AgentgatewayBackend', name: 'b1' }],
      ),
    }),
  },
];

function gatewayRef(name: string) {
  return { group: GATEWAY_API, kind: 'Gateway', name };
}

function textOf(value: object): string {
  return JSON.stringify(value);
}

/** One world: most objects exist. */
export function oneWorld(): fc.Arbitrary<readonly WorldChange[]> {
  return fc.tuple(...PLACES.map((place) => changeOf(place, 8)));
}

/** Steps of a history: a world in which most objects exist, then some changes at a time. */
export function worldHistory(): fc.Arbitrary<readonly (readonly WorldChange[])[]> {
  const change = fc.oneof(...PLACES.map((place) => changeOf(place, 4)));
  const steps = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 10 });
  return fc.tuple(oneWorld(), steps).map(([whole, later]) => [whole, ...later]);
}

interface Place {
  readonly draft: Draft;
  readonly namespace: string;
  readonly name: string;
}

const PLACES: readonly Place[] = DRAFTS.flatMap((draft) => {
  const places = findKind(draft.kind)?.namespaced ? NAMESPACES : [''];
  return places.flatMap((inside) =>
    draft.names.map((name) => ({ draft, namespace: inside, name })),
  );
});

/** One change of the object in that place: deleted once in `oftenPut` times. */
function changeOf(place: Place, oftenPut: number): fc.Arbitrary<WorldChange> {
  const { draft, name, namespace: inside } = place;
  return fc
    .record({
      isPut: fc.nat(oftenPut - 1).map((n) => n > 0),
      body: draft.body ?? (draft.spec ?? fc.constant({})).map((spec) => ({ spec })),
      labels: draft.labels ?? fc.constant({}),
      created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
    })
    .map(({ isPut, created, body, labels }) => {
      const kind = findKind(draft.kind);
      if (kind === undefined) throw new TypeError(`no kind ${draft.kind}`);
      const key = objectKey(kind, inside, name);
      if (!isPut) return { key, object: undefined };
      const head = { apiVersion: apiVersionOf(kind), kind: kind.kind };
      const metadata = { name, labels, ...(kind.namespaced ? { namespace: inside } : {}) };
      const given = JSON.parse(JSON.stringify({ ...head, metadata, ...body }));
      const { object } = crdAdmission().admit(kind, given, { fieldValidation: 'Strict' });
      const stamped = { ...object.metadata, creationTimestamp: created, generation: 1 };
      return { key, object: { ...object, metadata: stamped } };
    });
}

/** The operations that make changes to a store, the last of each key. */
export function worldOps(changes: readonly WorldChange[]): Op[] {
  const last = new Map(changes.map(({ key, object }) => [key, object]));
  return [...last].map(([key, object]) =>
    object === undefined
      ? { op: 'delete', key }
      : { op: 'put', key, value: object as unknown as JsonValue },
  );
}
