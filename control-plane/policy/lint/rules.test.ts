// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../../shared/process/package-root.js';
import { crdAdmission } from '../../../test/support/crd-admission.js';
import { assertGeneratedBlock } from '../../../test/support/generated-block.js';
import { findKind } from '../kinds.js';
import type { KubeObject } from '../kube-object.js';
import { type LintContext, lintObject } from './lint-object.js';
import { IN_FRONT_ANNOTATION, productsOf } from './products.js';
import type { LintRule } from './rule.js';
import { RULES } from './rules.js';
import type { Source } from './sources.js';

const admission = crdAdmission();

function admitted(object: { readonly kind: string }): KubeObject {
  const kind = findKind(object.kind) ?? assert.fail(object.kind);
  return admission.admit(kind, object, { fieldValidation: 'Strict' }).object;
}

function policy(spec: object, annotations?: Record<string, string>): KubeObject {
  return admitted({
    apiVersion: 'agentgateway.dev/v1alpha1',
    kind: 'AgentgatewayPolicy',
    metadata: { name: 'p', namespace: 'a', ...(annotations && { annotations }) },
    spec: {
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'g' }],
      ...spec,
    },
  } as { kind: string });
}

const tcp = (keepalive: object, annotations?: Record<string, string>): KubeObject =>
  policy({ frontend: { tcp: { keepalive } } }, annotations);
const http = (fields: object, annotations?: Record<string, string>): KubeObject =>
  policy({ frontend: { http: fields } }, annotations);
const both = (keepalive: object, fields: object): KubeObject =>
  policy({ frontend: { tcp: { keepalive }, http: fields } });
const backend = (keepalive: object): KubeObject => policy({ backend: { tcp: { keepalive } } });

function gateway(annotations: Record<string, string> = {}): KubeObject {
  return admitted({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'g', namespace: 'a', annotations },
    spec: {
      gatewayClassName: 'agentgateway',
      listeners: [{ name: 'http', port: 8080, protocol: 'HTTP' }],
    },
  } as { kind: string });
}

function slice(fields: object, labels: object = { 'kubernetes.io/service-name': 's' }): KubeObject {
  return admitted({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 's', namespace: 'a', labels },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'] }],
    ports: [],
    ...fields,
  } as { kind: string });
}

function secret(fields: object): KubeObject {
  const head = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'a' } };
  return admitted({ ...head, ...fields });
}

const GUIDE = { time: '30s', interval: '5s', retries: 3 };
const behind = (id: string): LintContext => {
  const inFront = productsOf(id);
  assert.ok(inFront, id);
  return { inFront };
};

type Row = readonly [
  rule: string,
  object: KubeObject,
  /** `severity field: message`, or nothing when the rule is silent. */
  findings: readonly string[],
  context?: LintContext,
];

const TCP = 'spec.frontend.tcp.keepalive';
const HTTP = 'spec.frontend.http';
const NLB =
  'an AWS Network Load Balancer, which forgets idle connections after 350s (by default; 60s to 6000s on TCP listeners, fixed on TLS listeners); use less than 350s';

const ROWS: readonly Row[] = [
  [
    'tcp-dead-peer',
    tcp(GUIDE),
    [`info ${TCP}: a dead peer is found after 45s: 30s + 5s × 3 (time + interval × retries)`],
  ],
  [
    'tcp-dead-peer',
    tcp({}),
    [`info ${TCP}: a dead peer is found after 30m: 3m + 3m × 9 (time + interval × retries)`],
  ],
  [
    'tcp-dead-peer',
    backend({ ...GUIDE, time: '1500ms' }),
    [
      'info spec.backend.tcp.keepalive: a dead peer is found after 16s: 1s + 5s × 3 (time + interval × retries)',
    ],
  ],
  ['tcp-dead-peer', http({ http1IdleTimeout: '1m' }), []],

  [
    'tcp-whole-seconds',
    tcp({ time: '1s500ms', interval: '2500ms' }),
    [
      `warning ${TCP}.time: the kernel counts whole seconds; 1s500ms works as 1s`,
      `warning ${TCP}.interval: the kernel counts whole seconds; 2500ms works as 2s`,
    ],
  ],
  ['tcp-whole-seconds', tcp({ time: '1s1000ms', interval: '5s' }), []],

  [
    'tcp-default-interval',
    tcp({ time: '30s' }),
    [
      `warning ${TCP}.interval: is not set, so the default of 3m × 9 holds and a dead peer is found after 27m30s; set interval and retries too`,
    ],
  ],
  [
    'tcp-default-interval',
    tcp({ time: '30s', retries: 3 }),
    [
      `warning ${TCP}.interval: is not set, so the default of 3m × 3 holds and a dead peer is found after 9m30s; set interval too`,
    ],
  ],
  ['tcp-default-interval', tcp(GUIDE), []],
  ['tcp-default-interval', tcp({}), []],
  ['tcp-default-interval', tcp({ time: '3m' }), []],

  [
    'tcp-interval-above-time',
    tcp({ time: '5s', interval: '30s' }),
    [
      `info ${TCP}.interval: 30s is longer than time (5s): a peer that missed the first probe is asked less often than an idle one`,
    ],
  ],
  ['tcp-interval-above-time', tcp({ time: '30s', interval: '30s' }), []],

  [
    'tcp-single-probe',
    tcp({ ...GUIDE, retries: 1 }),
    [`warning ${TCP}.retries: with 1, one lost packet ends the connection of a living peer; use 3`],
  ],
  ['tcp-single-probe', tcp({ ...GUIDE, retries: 2 }), []],

  [
    'tcp-probe-load',
    tcp(GUIDE),
    [`info ${TCP}.time: 10,000 idle connections are probed 333 times a second`],
  ],
  [
    'tcp-probe-load',
    tcp({ time: '1h' }),
    [`info ${TCP}.time: 10,000 idle connections are probed 2.8 times a second`],
  ],
  ['tcp-probe-load', http({ http2KeepaliveInterval: '5s' }), []],

  [
    'tcp-late',
    tcp({ time: '2h', interval: '75s', retries: 10 }),
    [
      `info ${TCP}: a dead peer is found after 2h12m30s, later than the 2h11m15s of a socket with nothing but SO_KEEPALIVE`,
    ],
  ],
  ['tcp-late', tcp({ time: '2h', interval: '75s', retries: 9 }), []],

  [
    'tcp-one-hop',
    tcp(GUIDE),
    [
      `info ${TCP}: probes prove the hop to whatever ends TCP before the gateway; that a client behind a proxying load balancer lives, only its requests show`,
    ],
  ],
  ['tcp-one-hop', backend(GUIDE), []],
  ['tcp-one-hop', tcp(GUIDE), [], behind('none')],

  [
    'tcp-time-above-http1-idle',
    both({ time: '11m', interval: '5s' }, { http1MaxHeaders: 10 }),
    [
      `info ${TCP}.time: ${HTTP}.http1IdleTimeout is 10m by default: idle HTTP/1 connections are closed before their first probe`,
    ],
  ],
  [
    'tcp-time-above-http1-idle',
    both(GUIDE, { http1IdleTimeout: '30s' }),
    [
      `info ${TCP}.time: ${HTTP}.http1IdleTimeout is 30s: idle HTTP/1 connections are closed before their first probe`,
    ],
  ],
  ['tcp-time-above-http1-idle', both(GUIDE, { http1IdleTimeout: '31s' }), []],
  ['tcp-time-above-http1-idle', tcp({ time: '1h' }), []],

  [
    'h2-dead-peer',
    http({ http2KeepaliveInterval: '5s', http2KeepaliveTimeout: '30s' }),
    [
      `info ${HTTP}.http2KeepaliveInterval: a dead HTTP/2 client is found within 35s: 5s without a byte, then 30s for the answer to a PING`,
    ],
  ],
  [
    'h2-dead-peer',
    http({ http2KeepaliveInterval: '1500ms' }),
    [
      `info ${HTTP}.http2KeepaliveInterval: a dead HTTP/2 client is found within 21.5s: 1.5s without a byte, then 20s, the default, for the answer to a PING`,
    ],
  ],
  ['h2-dead-peer', http({ http2KeepaliveTimeout: '30s' }), []],

  [
    'h2-timeout-without-interval',
    http({ http2KeepaliveTimeout: '30s' }),
    [
      `warning ${HTTP}.http2KeepaliveTimeout: has no effect without http2KeepaliveInterval; no PING is sent`,
    ],
  ],
  ['h2-timeout-without-interval', http({ http2KeepaliveInterval: '30s' }), []],
  ['h2-timeout-without-interval', http({ http1MaxHeaders: 9 }), []],

  [
    'h2-ping-load',
    http({ http2KeepaliveInterval: '5s' }),
    [
      `info ${HTTP}.http2KeepaliveInterval: 10,000 silent HTTP/2 connections get 2,000 PINGs a second`,
    ],
  ],
  ['h2-ping-load', tcp(GUIDE), []],

  [
    'grpc-ping-limits',
    http({ http2KeepaliveInterval: '10s' }),
    [
      `info ${HTTP}.http2KeepaliveInterval: gRPC clients answer PINGs every 10s; the limit of 5m (too_many_pings) is one of gRPC servers, against clients that PING them`,
    ],
  ],
  ['grpc-ping-limits', http({ http2KeepaliveInterval: '5m' }), []],

  [
    'http1-idle-below-ping-interval',
    http({ http1IdleTimeout: '30s', http2KeepaliveInterval: '1m' }),
    [
      `info ${HTTP}.http1IdleTimeout: idle HTTP/1 connections are closed after 30s; PINGs (every 1m) keep HTTP/2 connections only`,
    ],
  ],
  [
    'http1-idle-below-ping-interval',
    http({ http1IdleTimeout: '1m', http2KeepaliveInterval: '1m' }),
    [],
  ],

  [
    'max-duration-below-idle',
    http({ http1IdleTimeout: '5m', maxConnectionDuration: '5m' }),
    [
      `warning ${HTTP}.http1IdleTimeout: 5m is never reached: maxConnectionDuration ends connections after 5m`,
    ],
  ],
  ['max-duration-below-idle', http({ http1IdleTimeout: '5m', maxConnectionDuration: '301s' }), []],
  ['max-duration-below-idle', http({ maxConnectionDuration: '1m' }), []],

  [
    'max-duration-below-ping',
    http({ http2KeepaliveInterval: '1m', maxConnectionDuration: '30s' }),
    [
      `warning ${HTTP}.http2KeepaliveInterval: no PING is ever sent: maxConnectionDuration ends connections after 30s, before 1m of silence`,
    ],
  ],
  [
    'max-duration-below-ping',
    http({ http2KeepaliveInterval: '29s', maxConnectionDuration: '30s' }),
    [],
  ],

  [
    'max-duration-below-tcp-time',
    both(GUIDE, { maxConnectionDuration: '20s' }),
    [
      `info ${TCP}.time: maxConnectionDuration ends HTTP connections after 20s, before their first probe at 30s; upgraded and TCP-route connections are probed`,
    ],
  ],
  ['max-duration-below-tcp-time', both(GUIDE, { maxConnectionDuration: '31s' }), []],

  [
    'byte-size-clamped',
    http({ maxBufferSize: '8Gi', http2FrameSize: '1Ki' }),
    [
      `warning ${HTTP}.maxBufferSize: 8Gi is outside 1 to 4294967295 bytes; 4294967295 is used`,
      `warning ${HTTP}.http2FrameSize: 1Ki is outside 16384 to 1677215 bytes; 16384 is used`,
    ],
  ],
  ['byte-size-clamped', http({ maxBufferSize: '4Mi' }), []],

  ['cut-off-aws-nlb', tcp({ time: '350s' }), [`info ${TCP}.time: 5m50s is too late for ${NLB}`]],
  [
    'cut-off-aws-nlb',
    tcp({ time: '350s' }),
    [`warning ${TCP}.time: 5m50s is too late for ${NLB}`],
    behind('aws-nlb'),
  ],
  [
    'cut-off-aws-nlb',
    tcp({ time: '350s' }, { [IN_FRONT_ANNOTATION]: 'aws-nlb' }),
    [`warning ${TCP}.time: 5m50s is too late for ${NLB}`],
    behind('none'),
  ],
  [
    'cut-off-aws-nlb',
    tcp({ time: '350s' }),
    [`warning ${TCP}.time: 5m50s is too late for ${NLB}`],
    { findGateway: () => gateway({ [IN_FRONT_ANNOTATION]: 'aws-nlb' }) },
  ],
  ['cut-off-aws-nlb', tcp({ time: '350s' }), [], behind('azure-lb')],
  ['cut-off-aws-nlb', tcp({ time: '350s' }), [], behind('none')],
  ['cut-off-aws-nlb', tcp({ time: '349s' }), []],
  ['cut-off-aws-nlb', backend({ time: '1h' }), []],

  [
    'cut-off-azure-lb',
    http({ http2KeepaliveInterval: '240s' }),
    [
      `info ${HTTP}.http2KeepaliveInterval: 4m is too late for an Azure Load Balancer, which forgets idle connections after 240s (by default; 4m to 100m for each rule); use less than 240s`,
    ],
  ],
  ['cut-off-azure-lb', http({ http2KeepaliveInterval: '239s' }), []],

  [
    'cut-off-gcp-lb',
    tcp({ time: '10m' }),
    [
      `info ${TCP}.time: 10m is too late for Google Cloud, which forgets idle connections after 600s (fixed); use less than 600s`,
    ],
  ],
  ['cut-off-gcp-lb', tcp({ time: '599s' }), []],

  [
    'cut-off-nat',
    tcp({ time: '2h4m' }),
    [
      `info ${TCP}.time: 2h4m is not below the 2h4m after which a NAT may forget an idle connection`,
    ],
  ],
  ['cut-off-nat', tcp({ time: '2h' }), []],
  ['cut-off-nat', tcp({ time: '3h' }), [], behind('none')],

  [
    'cut-offs-met',
    tcp({ time: '300s' }),
    [
      `info ${TCP}.time: 5m keeps idle connections in an AWS Network Load Balancer (350s), Google Cloud (600s) and a node's conntrack (86400s)`,
    ],
  ],
  [
    'cut-offs-met',
    http({ http2KeepaliveInterval: '5s' }),
    [
      `info ${HTTP}.http2KeepaliveInterval: 5s keeps idle connections in an AWS Network Load Balancer (350s) and a node's conntrack (86400s)`,
    ],
    behind('aws-nlb'),
  ],
  ['cut-offs-met', http({ http1IdleTimeout: '5s' }), []],

  [
    'aws-alb-idle',
    both(GUIDE, { http2KeepaliveInterval: '5s' }),
    [
      `info ${TCP}.time: TCP probes do not reset the idle timeout of an AWS Application Load Balancer (60s), and reach the load balancer, not the client`,
      `warning ${HTTP}.http2KeepaliveInterval: PINGs do not reset the idle timeout of an AWS Application Load Balancer (60s), and reach the load balancer, not the client`,
    ],
    behind('aws-alb'),
  ],
  [
    'aws-alb-idle',
    http({ http2KeepaliveInterval: '5s' }),
    [
      `info ${HTTP}.http2KeepaliveInterval: PINGs do not reset the idle timeout of an AWS Application Load Balancer (60s), and reach the load balancer, not the client`,
    ],
  ],
  ['aws-alb-idle', http({ http2KeepaliveInterval: '5s' }), [], behind('aws-nlb')],
  ['aws-alb-idle', http({ http1IdleTimeout: '5s' }), []],

  [
    'http1-idle-race',
    http({ http1IdleTimeout: '60s' }),
    [
      `warning ${HTTP}.http1IdleTimeout: 1m is not longer than the 60s for which an AWS Application Load Balancer uses an idle connection again: it may send a request into the close (502); use more than 60s`,
    ],
    behind('aws-alb'),
  ],
  [
    'http1-idle-race',
    http({ http1MaxHeaders: 9 }),
    [
      `warning ${HTTP}.http1IdleTimeout: 10m (the default) is not longer than the 600s for which a Google Cloud Application Load Balancer uses an idle connection again: it may send a request into the close (502); use more than 600s`,
    ],
    behind('gcp-lb'),
  ],
  [
    'http1-idle-race',
    http({ http1IdleTimeout: '5m' }),
    [
      `info ${HTTP}.http1IdleTimeout: 5m is not longer than the 600s for which a Google Cloud Application Load Balancer uses an idle connection again: it may send a request into the close (502); use more than 600s`,
    ],
  ],
  ['http1-idle-race', http({ http1IdleTimeout: '61s' }), [], behind('aws-alb')],
  ['http1-idle-race', http({ http1MaxHeaders: 9 }), []],

  [
    'target-without-listener',
    policy({
      targetRefs: [
        { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'g', port: 8080 },
        { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'g', port: 9999 },
      ],
      frontend: { tcp: { keepalive: GUIDE } },
    }),
    ['warning spec.targetRefs[1].port: 9999 is no listener of Gateway a/g, which has 8080'],
    { findGateway: () => gateway() },
  ],
  [
    'target-without-listener',
    policy({
      targetRefs: [
        { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'g', sectionName: 'https' },
      ],
      frontend: { accessLog: { filter: 'true' } },
    }),
    ['warning spec.targetRefs[0].sectionName: https is no listener of Gateway a/g, which has http'],
    { findGateway: () => gateway() },
  ],
  ['target-without-listener', tcp(GUIDE), [], { findGateway: () => gateway() }],
  ['target-without-listener', tcp(GUIDE), []],

  [
    'cel-expression',
    policy({
      frontend: {
        networkAuthorization: { policy: { matchExpressions: ['source.port > 1', 'a b'] } },
      },
    }),
    [
      'warning spec.frontend.networkAuthorization.policy.matchExpressions[1]: "a b" is no CEL expression',
    ],
  ],
  ['cel-expression', tcp(GUIDE), []],

  [
    'in-front-unknown-policy',
    tcp(GUIDE, { [IN_FRONT_ANNOTATION]: 'aws-nbl' }),
    [
      'warning metadata.annotations["heartline.dev/in-front"]: "aws-nbl" is none of aws-alb, aws-nlb, azure-lb, gcp-lb, none and is ignored; did you mean aws-nlb?',
    ],
  ],
  ['in-front-unknown-policy', tcp(GUIDE, { [IN_FRONT_ANNOTATION]: 'none' }), []],
  [
    'in-front-unknown-gateway',
    gateway({ [IN_FRONT_ANNOTATION]: 'f5' }),
    [
      'warning metadata.annotations["heartline.dev/in-front"]: "f5" is none of aws-alb, aws-nlb, azure-lb, gcp-lb, none and is ignored',
    ],
  ],
  ['in-front-unknown-gateway', gateway({ [IN_FRONT_ANNOTATION]: 'gcp-lb' }), []],

  [
    'slice-without-service',
    slice({}, {}),
    ['warning metadata.labels: without kubernetes.io/service-name the slice belongs to no Service'],
  ],
  ['slice-without-service', slice({}), []],
  [
    'slice-fqdn',
    slice({ addressType: 'FQDN', endpoints: [{ addresses: ['a.example'] }] }),
    ['warning addressType: FQDN is not used; give a name to an AgentgatewayBackend'],
  ],
  ['slice-fqdn', slice({}), []],
  [
    'slice-address-family',
    slice({ endpoints: [{ addresses: ['10.0.0.1'] }, { addresses: ['::1'] }] }),
    ['warning endpoints[1].addresses[0]: ::1 is no IPv4 address, so the endpoint is left out'],
  ],
  ['slice-address-family', slice({}), []],
  [
    'secret-immutable',
    secret({ immutable: true }),
    ['warning immutable: has no effect; this control plane lets a Secret be replaced'],
  ],
  ['secret-immutable', secret({ data: {} }), []],
];

describe('rules of lint', () => {
  for (const [id, object, expected, context] of ROWS) {
    const about = JSON.stringify(object.spec ?? object.metadata);
    it(`${id}: ${expected.length === 0 ? 'silent' : 'says'} ${about} ${JSON.stringify(context ?? '')}`, () => {
      const found = lintObject(object, context)
        .filter(({ rule }) => rule === id)
        .map(({ severity, field, message }) => `${severity} ${field}: ${message}`);
      assert.deepEqual(found, expected);
    });
  }

  it('each have an object they speak about and one they do not', () => {
    const speaks = (isSpoken: boolean) =>
      [...new Set(ROWS.filter((row) => row[2].length > 0 === isSpoken).map(([id]) => id))].sort();
    const ids = RULES.map(({ id }) => id).sort();
    assert.deepEqual(speaks(true), ids);
    assert.deepEqual(speaks(false), ids);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('raise info to a warning only where the table says so', () => {
    const raised = ROWS.filter(([id, , findings]) => {
      const rule = RULES.find((one) => one.id === id);
      return rule?.severity === 'info' && findings.some((one) => one.startsWith('warning'));
    });
    for (const [id] of raised) assert.ok(RULES.find((rule) => rule.id === id)?.raised, id);
  });

  it('say nothing at all about the guide that admission would repeat', () => {
    for (const object of [
      tcp(GUIDE),
      http({ http2KeepaliveInterval: '5s', http2KeepaliveTimeout: '30s' }),
    ]) {
      assert.ok(lintObject(object).every(({ severity }) => severity === 'info'));
    }
  });

  it('are listed in the README', () => {
    const file = join(packageRoot(import.meta.url), 'control-plane/policy/lint/README.md');
    const head = '| rule | severity | about | what it says | source |\n|---|---|---|---|---|\n';
    assertGeneratedBlock(file, 'lint-rules', head + RULES.map(renderRule).join('\n'));
  });
});

function renderRule({ id, severity, raised, kind, field, says, sources }: LintRule): string {
  const level = raised === undefined ? severity : `${severity}; warning ${raised}`;
  return `| ${id} | ${level} | ${kind}: ${field} | ${says} | ${sources.map(renderSource).join('; ')} |`;
}

function renderSource({ title, url }: Source): string {
  return url === undefined ? title : `[${title}](${url})`;
}
