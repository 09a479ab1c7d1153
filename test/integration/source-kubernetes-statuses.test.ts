// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { Condition, KubeObject } from '../../control-plane/policy/kube-object.js';
import { packageRoot } from '../../shared/process/package-root.js';
import { startTestCluster, type TestCluster } from '../support/cluster.js';
import {
  type SampleObject,
  startTestControlPlane,
  type TestControlPlane,
} from '../support/control-plane.js';
import { eventually } from '../support/eventually.js';
import type { ProxiedRequest } from '../support/fault-proxy.js';
import {
  sampleBackend,
  sampleGateway,
  samplePolicy,
  sampleRoute,
} from '../support/sample-objects.js';

const OTHER = 'example.com/other';
const LEASE = 'heartline-status-local';
const GATEWAY_CLASS: SampleObject & { readonly spec: object; readonly apiVersion: string } = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'agentgateway' },
  spec: { controllerName: 'agentgateway.dev/agentgateway' },
};
const TCP_ROUTE = {
  apiVersion: 'gateway.networking.k8s.io/v1alpha2',
  kind: 'TCPRoute',
  metadata: { name: 'tcp', namespace: 'httpbin' },
  spec: {
    parentRefs: [{ name: 'agentgateway-proxy' }],
    rules: [
      {
        backendRefs: [{ group: 'agentgateway.dev', kind: 'AgentgatewayBackend', name: 'httpbin' }],
      },
    ],
  },
};
const route = sampleRoute('route');
const policy = samplePolicy('tcp', { time: '30s', retries: 3 });

interface Entry {
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}
interface Status {
  readonly ancestors?: readonly Entry[];
  readonly parents?: readonly Entry[];
  readonly conditions?: readonly Condition[];
}

function statusOf(object: KubeObject | undefined): Status {
  return (object?.status ?? {}) as Status;
}

function conditionOf({ conditions = [] }: Status, type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

const isPush = ({ method }: ProxiedRequest): boolean => method === 'PATCH';
const isPushOf =
  (name: string) =>
  (request: ProxiedRequest): boolean =>
    isPush(request) && request.path.endsWith(`/${name}/status`);

describe('statuses in a Kubernetes cluster', () => {
  let cluster: TestCluster;
  let controlPlane: TestControlPlane;

  before(async () => {
    cluster = await startTestCluster(
      GATEWAY_CLASS,
      sampleGateway(),
      sampleBackend(),
      policy,
      route,
      TCP_ROUTE,
    );
    await cluster.writeStatus(route, {
      parents: [{ parentRef: { name: 'other' }, controllerName: OTHER, conditions: [] }],
    });
    controlPlane = await startTestControlPlane({ kubernetes: cluster.options });
  });
  after(async () => {
    await controlPlane?.remove();
    await cluster?.close();
  });

  it('are written by the leader to every kind that has one', async () => {
    await eventually(() => assert.notEqual(cluster.leases.holder(LEASE), undefined));
    await eventually(() => {
      const policyStatus = statusOf(cluster.get('AgentgatewayPolicy', 'httpbin', 'tcp'));
      assert.equal(conditionOf(policyStatus, 'Accepted')?.status, 'True');
      const gateway = statusOf(cluster.get('Gateway', 'httpbin', 'agentgateway-proxy'));
      assert.equal(conditionOf(gateway, 'Accepted')?.status, 'True');
      const backend = statusOf(cluster.get('AgentgatewayBackend', 'httpbin', 'httpbin'));
      assert.equal(conditionOf(backend, 'Accepted')?.status, 'True');
      const gatewayClass = statusOf(cluster.get('GatewayClass', '', 'agentgateway'));
      assert.equal(conditionOf(gatewayClass, 'Accepted')?.status, 'True');
    });
  });

  it('leave what other controllers wrote', async () => {
    await eventually(() => {
      const { parents = [] } = statusOf(cluster.get('HTTPRoute', 'httpbin', 'route'));
      assert.deepEqual(
        parents.map(({ controllerName }) => controllerName),
        [OTHER, 'agentgateway.dev/agentgateway'],
      );
    });
  });

  it('are not sent again as long as they are the same, and come back when somebody removes them', async () => {
    await eventually(() => assert.equal(cluster.proxy.running(isPush), 0));
    const before = cluster.proxy.requests.filter(isPushOf('route')).length;
    await cluster.writeStatus(route, { parents: [] });
    await eventually(() => {
      const { parents = [] } = statusOf(cluster.get('HTTPRoute', 'httpbin', 'route'));
      assert.equal(parents.length, 1);
    });
    assert.equal(cluster.proxy.requests.filter(isPushOf('route')).length, before + 1);
  });

  it('that meet a conflict, a server in trouble or a lost token are written in the end', async () => {
    for (const status of [409, 500, 401, 429]) {
      cluster.proxy.inject({
        match: isPushOf('route'),
        fault: { do: 'answer', status, headers: { 'retry-after': '0.1' } },
      });
    }
    const happened = cluster.proxy.happened();
    await cluster.writeStatus(route, { parents: [] });
    await eventually(() => {
      assert.equal(cluster.proxy.happened(), happened + 4);
      const { parents = [] } = statusOf(cluster.get('HTTPRoute', 'httpbin', 'route'));
      assert.equal(parents.length, 1);
    });
  });

  it('of every kind survive a conflict: the object is read again', async () => {
    const objects = [GATEWAY_CLASS, sampleGateway(), sampleBackend(), policy, TCP_ROUTE];
    for (const object of objects) {
      cluster.proxy.inject({
        match: isPushOf(object.metadata.name),
        fault: { do: 'answer', status: 409 },
      });
      await cluster.writeStatus(object, {});
    }
    await eventually(() => {
      const gateway = statusOf(cluster.get('Gateway', 'httpbin', 'agentgateway-proxy'));
      assert.equal(conditionOf(gateway, 'Accepted')?.status, 'True');
      const gatewayClass = statusOf(cluster.get('GatewayClass', '', 'agentgateway'));
      assert.equal(conditionOf(gatewayClass, 'Accepted')?.status, 'True');
    });
  });

  it('of an object that our rules refuse say so, and the copy stays', async () => {
    const bad = samplePolicy('tcp', { time: '30s', retries: 0 });
    const { metadata } = cluster.get('AgentgatewayPolicy', 'httpbin', 'tcp') ?? assert.fail();
    await cluster.force({ ...bad, metadata: { ...metadata, ...bad.metadata } });
    await eventually(() => {
      const { ancestors = [], conditions } = statusOf(
        cluster.get('AgentgatewayPolicy', 'httpbin', 'tcp'),
      );
      for (const status of [{ conditions: conditions ?? [] }, ...ancestors]) {
        const accepted = conditionOf(status, 'Accepted');
        assert.equal(accepted?.status, 'False');
        assert.equal(accepted?.reason, 'Invalid');
        assert.match(accepted?.message ?? '', /spec\.frontend\.tcp\.keepalive\.retries/);
      }
      assert.notEqual(ancestors.length, 0);
    });
    const { body } = await controlPlane.get(
      '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies/tcp',
    );
    assert.deepEqual((body as { readonly spec: unknown }).spec, policy.spec);
    await cluster.apply(policy);
    await eventually(() => {
      const status = statusOf(cluster.get('AgentgatewayPolicy', 'httpbin', 'tcp'));
      assert.equal(conditionOf(status, 'Accepted')?.status, 'True');
    });
  });

  it('that the cluster forbids or does not keep are counted, and not sent all the time', async () => {
    const before = cluster.proxy.requests.filter(isPushOf('route')).length;
    const keepsNothing = {
      metadata: { ...cluster.get('HTTPRoute', 'httpbin', 'route')?.metadata, resourceVersion: '1' },
      status: { parents: [] },
    };
    cluster.proxy.inject({
      match: isPushOf('route'),
      fault: { do: 'answer', status: 200, body: keepsNothing },
    });
    cluster.proxy.inject({
      match: isPushOf('httpbin'),
      fault: { do: 'answer', status: 403, body: { message: 'forbidden' } },
    });
    await cluster.writeStatus(route, { parents: [] });
    await cluster.writeStatus(sampleBackend(), {});
    await eventually(async () => {
      const text = String((await controlPlane.get('/metrics')).body);
      assert.match(text, /status_pushes_total\{result="not-kept"\} 1\n/);
      assert.match(text, /status_pushes_total\{result="denied"\} 1\n/);
    });
    assert.equal(cluster.proxy.requests.filter(isPushOf('route')).length, before + 1);
  });

  it("are one replica's work; when it stops the other takes over at once", async () => {
    const second = await startTestControlPlane({ kubernetes: cluster.options });
    try {
      const first = cluster.leases.holder(LEASE);
      await controlPlane.remove();
      await eventually(() => {
        const holder = cluster.leases.holder(LEASE);
        assert.ok(holder !== undefined && holder !== first, `held by ${holder}`);
      });
      // What the first one could not write, the second one does.
      await eventually(() => {
        const { parents = [] } = statusOf(cluster.get('HTTPRoute', 'httpbin', 'route'));
        assert.equal(parents.length, 1);
        const backend = statusOf(cluster.get('AgentgatewayBackend', 'httpbin', 'httpbin'));
        assert.equal(conditionOf(backend, 'Accepted')?.status, 'True');
      });
      const before = cluster.proxy.requests.filter(isPush).length;
      await cluster.apply(sampleBackend('late', 18_005));
      await eventually(() => {
        const status = statusOf(cluster.get('AgentgatewayBackend', 'httpbin', 'late'));
        assert.equal(conditionOf(status, 'Accepted')?.status, 'True');
      });
      // Everything else is as it should be: there was one thing to say.
      assert.equal(cluster.proxy.requests.filter(isPush).length, before + 1);
    } finally {
      await second.remove();
    }
  });

  it('everything that was asked for is what deploy/kubernetes/roles.yaml allows, and nothing more', () => {
    assert.deepEqual(askedFor(cluster.proxy.requests), allowed());
  });
});

/** `verb group/resource` of every request. */
function askedFor(requests: readonly ProxiedRequest[]): readonly string[] {
  const asked = requests.map((request) => {
    const match =
      /^\/(?:api|apis\/([^/]+))\/[^/]+\/(?:namespaces\/[^/]+\/)?([^/]+)(?:\/([^/]+))?(?:\/(status))?$/.exec(
        request.path,
      );
    assert.ok(match, request.path);
    const [, group = '', resource = '', name, subresource] = match;
    const verb = verbOf(request, name !== undefined);
    return `${verb} ${group}/${resource}${subresource === undefined ? '' : '/status'}`;
  });
  return [...new Set(asked)].sort();
}

function verbOf({ method, isWatch }: ProxiedRequest, isItem: boolean): string {
  switch (method) {
    case 'GET':
      return isWatch ? 'watch' : isItem ? 'get' : 'list';
    case 'PATCH':
      return 'patch';
    case 'POST':
      return 'create';
    default:
      return 'update';
  }
}

interface Role {
  readonly kind: string;
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

function allowed(): readonly string[] {
  const file = `${packageRoot(import.meta.url)}/deploy/kubernetes/roles.yaml`;
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((one) => one.toJS() as Role);
  const rules = documents.filter(({ kind }) => kind.endsWith('Role')).flatMap((role) => role.rules);
  const triples = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
    ),
  );
  return [...new Set(triples)].sort();
}
