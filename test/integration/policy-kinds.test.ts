// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { loadWire } from '../../shared/proto/wire.js';
import {
  type SampleObject,
  startTestControlPlane,
  type TestControlPlane,
} from '../support/control-plane.js';
import { eventually } from '../support/eventually.js';
import { exchange } from '../support/exchange.js';
import { type PlaneProcess, type Planes, preparePlanes } from '../support/planes.js';
import { v2 } from '../support/proxy-headers.js';
import { sampleBackend, sampleGateway } from '../support/sample-objects.js';

const AGENTGATEWAY = { apiVersion: 'agentgateway.dev/v1alpha1', kind: 'AgentgatewayPolicy' };
const GATEWAY = {
  group: 'gateway.networking.k8s.io',
  kind: 'Gateway',
  name: 'agentgateway-proxy',
};
const POLICIES = '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies';
const KEY = 'httpbin/agentgateway-proxy';

const gatewayClass = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'edge' },
  spec: { controllerName: 'agentgateway.dev/agentgateway' },
};

/** Every part that leaves ports open. */
const openPolicy = {
  ...AGENTGATEWAY,
  metadata: { name: 'open', namespace: 'httpbin' },
  spec: {
    targetRefs: [GATEWAY],
    frontend: {
      tcp: { keepalive: { time: '30s' } },
      http: { http1HeaderCase: 'Preserve' },
      tls: { minProtocolVersion: '1.2' },
      connect: { mode: 'Tunnel' },
      accessLog: {
        filter: 'response.code >= 400',
        otlp: {
          backendRef: {
            group: 'agentgateway.dev',
            kind: 'AgentgatewayBackend',
            name: 'collector',
          },
        },
      },
      tracing: { url: 'https://otel.example.com/v1/traces', protocol: 'HTTP' },
      metrics: { attributes: { add: [{ name: 'code', expression: 'response.code' }] } },
    },
    backend: { tcp: { keepalive: { time: '60s' }, connectTimeout: '5s' } },
  },
};

/** Who may connect to a port, behind a balancer. */
const guardingPolicy = {
  ...AGENTGATEWAY,
  metadata: { name: 'guarding', namespace: 'httpbin' },
  spec: {
    targetRefs: [{ ...GATEWAY, port: 8081 }],
    frontend: {
      networkAuthorization: { policy: { matchExpressions: ['source.address == "198.51.100.7"'] } },
      proxyProtocol: {},
    },
  },
};

const SERVER = { address: '203.0.113.9', port: 443 };

const RESOURCES = {
  [`policy/backend/httpbin/open:backend-tcp:${KEY}`]: 'backendTcp',
  [`policy/frontend/httpbin/guarding:frontend-network-authz:${KEY}/port=8081`]:
    'networkAuthorization',
  [`policy/frontend/httpbin/guarding:frontend-proxy:${KEY}/port=8081`]: 'proxyProtocol',
  [`policy/frontend/httpbin/open:frontend-connect:${KEY}`]: 'connect',
  [`policy/frontend/httpbin/open:frontend-http:${KEY}`]: 'http',
  [`policy/frontend/httpbin/open:frontend-logging:${KEY}`]: 'logging',
  [`policy/frontend/httpbin/open:frontend-metrics:${KEY}`]: 'metrics',
  [`policy/frontend/httpbin/open:frontend-tcp:${KEY}`]: 'tcp',
  [`policy/frontend/httpbin/open:frontend-tls:${KEY}`]: 'tls',
  [`policy/frontend/httpbin/open:frontend-tracing:${KEY}`]: 'tracing',
};

const WARNINGS: readonly (readonly [string, RegExp])[] = [
  ['backend.tcp', /backend_tcp.connect_timeout is not served by this worker/],
  [
    'connect',
    /frontend.connect.mode TUNNEL is not served by this worker: CONNECT requests are denied/,
  ],
  ['accessLog', /frontend.logging is not served by this worker/],
  ['metrics', /frontend.metrics is not served by this worker/],
  ['tls', /frontend.tls is not served by this worker/],
  ['tracing', /frontend.tracing is not served by this worker/],
];

/** In the order of their keys; the casing is that of the Keepalive guide. */
const DUMPED = [
  { backend: { backendTcp: { keepalive: { time: '1m0s' }, connectTimeout: '5s' } } },
  { frontend: { networkAuthorization: { allow: ['source.address == "198.51.100.7"'] } } },
  { frontend: { proxy: { version: 'v2', mode: 'strict' } } },
  { frontend: { connect: { mode: 'tunnel' } } },
  'hTTP',
  {
    frontend: {
      accessLog: {
        filter: 'response.code >= 400',
        otlpAccessLog: { providerBackend: { backend: 'httpbin/collector' }, protocol: 'GRPC' },
      },
    },
  },
  {
    frontend: { metrics: { fields: { add: [{ name: 'code', expression: 'response.code' }] } } },
  },
  'tCP',
  { frontend: { tLS: { minVersion: 'TLS_V1_2' } } },
  {
    frontend: {
      tracing: {
        providerBackend: { inline: { hostname: 'otel.example.com', port: 443 } },
        path: '/v1/traces',
        inlinePolicies: [{ backendTls: { hostname: 'otel.example.com' } }],
      },
    },
  },
];

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

describe('a policy of every kind, from YAML to a real worker', () => {
  const wire = loadWire();
  let plane: TestControlPlane;
  let planes: Planes;
  let worker: PlaneProcess;

  const conditions = async (path: string): Promise<readonly Condition[]> => {
    const { body } = await plane.get(path);
    const { status } = body as { readonly status?: { readonly conditions?: Condition[] } };
    return status?.conditions ?? [];
  };
  /** What a new stream gets; one that stays open would be a worker that does not report. */
  const firstAnswer = async () => {
    const client = plane.connect({ nodeId: 'by-hand' });
    const answer = await client.open();
    client.close();
    return answer;
  };
  const ask = async (socketPort: number, request: string | Buffer) => {
    const socket = connect(planes.port(socketPort), '127.0.0.1');
    await once(socket, 'connect');
    const answer = await exchange(socket, request);
    socket.destroy();
    return answer;
  };

  before(async () => {
    plane = await startTestControlPlane();
    planes = await preparePlanes(plane.dataDir);
    const gateway = sampleGateway('agentgateway-proxy', [8080, 8081]);
    const ofClass = { ...gateway, spec: { ...gateway.spec, gatewayClassName: 'edge' } };
    const objects: readonly SampleObject[] = [
      ...[gatewayClass, ofClass, sampleBackend('collector', 4317)],
      ...[openPolicy, guardingPolicy],
    ];
    for (const object of objects) await plane.apply(object);
    worker = planes.startWorker(['--xds-address', `127.0.0.1:${plane.running.xdsAddress.port}`]);
  });
  after(async () => {
    await planes.stop();
    await plane.remove();
  });

  it('each part is one resource on the wire, and the collector goes along', async () => {
    const { resources } = await firstAnswer();
    const kinds = resources.map(({ name, resource }) => {
      const { policy } = wire.resource.decode(resource?.value ?? new Uint8Array());
      return [name, policy?.frontend?.kind ?? policy?.backend?.kind];
    });
    const others = kinds.filter(([, kind]) => kind === undefined).map(([name]) => name);
    assert.deepEqual(Object.fromEntries(kinds.filter(([, kind]) => kind)), RESOURCES);
    assert.ok(others.includes('backend/httpbin/collector'), others.join());
  });

  it('the class, the Gateway and both policies say so in their status', async () => {
    const class_ = '/apis/gateway.networking.k8s.io/v1/gatewayclasses/edge';
    await eventually(async () => {
      const [accepted] = await conditions(class_);
      assert.equal(`${accepted?.type} ${accepted?.status}`, 'Accepted True');
      for (const name of ['guarding', 'open']) {
        const found = await conditions(`${POLICIES}/${name}`);
        assert.deepEqual(
          found.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
          ['Accepted True Valid', 'Attached True Attached', 'InForce True InForce'],
        );
      }
    });
  });

  for (const [part, warning] of WARNINGS) {
    it(`the worker takes ${part} and says what it does not do`, async () => {
      await eventually(() => assert.match(worker.log(), warning));
    });
  }

  it('its dump shows all of them in the shape of the guide', async () => {
    const answer = await fetch(`http://127.0.0.1:${planes.port(15000)}/config_dump`);
    const { policies } = (await answer.json()) as { policies: { policy: object }[] };
    const shown = policies.map(({ policy }) => {
      const [kind = ''] = Object.keys((policy as { frontend?: object }).frontend ?? {});
      return kind === 'hTTP' || kind === 'tCP' ? kind : policy;
    });
    assert.deepEqual(shown, DUMPED);
  });

  it('ports answer, CONNECT is denied, and the guarded port asks where a client comes from', async () => {
    const found = await ask(8080, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    assert.equal(found.status, 404);
    const denied = await ask(8080, 'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n');
    assert.equal(denied.status, 405);
    const request = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
    const from = (address: string) => v2({ source: { address, port: 1 }, destination: SERVER });
    const allowed = await ask(8081, Buffer.concat([from('198.51.100.7'), Buffer.from(request)]));
    assert.equal(allowed.status, 404);
    for (const bytes of [request, Buffer.concat([from('198.51.100.8'), Buffer.from(request)])]) {
      const socket = connect(planes.port(8081), '127.0.0.1');
      socket.write(bytes);
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ECONNRESET');
    }
  });

  it('the Gateway of a class that goes to another controller is gone for new streams only', async () => {
    const listeners = async (): Promise<number> => {
      const { resources } = await firstAnswer();
      return resources.filter(({ name }) => name?.startsWith('listener/')).length;
    };
    const taken = { ...gatewayClass, spec: { controllerName: 'example.com/other' } };
    await plane.apply(taken);
    await eventually(async () => assert.equal(await listeners(), 0));
    // As with a deleted Gateway: nothing is taken from workers that serve it.
    assert.equal((await ask(8080, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')).status, 404);
    await plane.apply(gatewayClass);
    await eventually(async () => assert.equal(await listeners(), 2));
  });
});
