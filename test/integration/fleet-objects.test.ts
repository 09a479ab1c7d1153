// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.js';
import { findKubectls, whyNoKubectl } from '../support/kubectl.js';
import { type PlaneProcess, type Planes, preparePlanes } from '../support/planes.js';
import { sampleGateway, samplePolicy } from '../support/sample-objects.js';

const run = promisify(execFile);
const POLICIES = '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies';
const GATEWAYS = '/apis/gateway.networking.k8s.io/v1/namespaces/httpbin/gateways';
const EVENTS = '/api/v1/events';
/** A listener that one test adds. */
const EXTRA_PORT = 8081;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
}

interface Policy {
  readonly metadata: { readonly generation: number };
  readonly status?: { readonly conditions: readonly Condition[]; readonly inForce: string };
}

interface EventList {
  readonly items: readonly {
    readonly type: string;
    readonly reason: string;
    readonly message: string;
    readonly involvedObject: { readonly kind: string; readonly name: string };
  }[];
}

interface Dump {
  readonly policies: readonly {
    readonly policy: {
      readonly frontend?: { readonly tCP?: { readonly keepalives: { readonly time: string } } };
    };
  }[];
}

/** Two workers of one Gateway: real processes of both planes. */
describe('what Kubernetes users see of the fleet', { skip: whyNoKubectl() }, () => {
  let directory: string;
  let planes: Planes;
  let other: Planes;
  let second: PlaneProcess;

  const api = async (method: string, path: string, body?: object): Promise<unknown> => {
    const token = readFileSync(join(directory, 'api.token'), 'utf8').trim();
    const answer = await fetch(`http://127.0.0.1:${planes.port(9979)}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.json();
  };
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const connection = [
      ...['--server', `https://127.0.0.1:${planes.port(9979)}`],
      ...['--certificate-authority', join(directory, 'ca.crt')],
      ...['--token', readFileSync(join(directory, 'api.token'), 'utf8').trim()],
    ];
    const env = { ...process.env, HOME: directory, KUBECONFIG: '/dev/null' };
    const { stdout } = await run(findKubectls()[0].path, [...args, ...connection], { env });
    return stdout;
  };
  /** `Reason Kind/name: message` of every event. */
  const story = async (): Promise<string> => {
    const { items } = (await api('GET', EVENTS)) as EventList;
    return items
      .map(
        ({ reason, involvedObject: { kind, name }, message }) =>
          `${reason} ${kind}/${name}: ${message}`,
      )
      .join('\n');
  };
  const policy = async (): Promise<Policy> => (await api('GET', `${POLICIES}/keep`)) as Policy;
  const inForceOf = ({ status }: Policy): Condition | undefined =>
    status?.conditions.find(({ type }) => type === 'InForce');

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'heartline-fleet-objects-'));
    planes = await preparePlanes(directory);
    const controlPlane = planes.startControlPlane();
    await eventually(() => assert.match(controlPlane.log(), /control plane is up/));
    await api('POST', GATEWAYS, sampleGateway());
    planes.startWorker();
    await eventually(() => fetch(`http://127.0.0.1:${planes.port(15021)}/healthz/ready`));
    other = await preparePlanes(join(directory, 'second'));
    second = other.startWorker([
      ...['--xds-address', `127.0.0.1:${planes.port(9978)}`],
      ...['--token-file', join(directory, 'worker.token')],
      ...['--pod', 'agentgateway-system/agentgateway-proxy-1'],
    ]);
    await api('POST', POLICIES, samplePolicy('keep', { time: '30s', interval: '5s', retries: 3 }));
  });
  after(async () => {
    await other?.stop();
    await planes?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('kubectl waits until every worker runs a policy, and its columns say how many', async () => {
    await eventually(async () => assert.equal((await policy()).status?.inForce, '2/2'));
    const waited = await kubectl(
      ...['wait', '--for=condition=InForce', 'agpol/keep', '-n', 'httpbin', '--timeout=10s'],
    );
    assert.match(waited, /agentgatewaypolicy\.agentgateway\.dev\/keep condition met/);
    const rows = await kubectl('get', 'agpol', '-n', 'httpbin');
    assert.match(rows, /^NAME +ACCEPTED +ATTACHED +INFORCE +AGE\nkeep +True +True +2\/2 +\d+s\n$/);
    assert.match(await kubectl('describe', 'agpol', 'keep', '-n', 'httpbin'), /Normal +InForce/);
  });

  it('InForce of a generation is True only when every worker has its values', async () => {
    const keepaliveTime = async (port: number): Promise<string | undefined> => {
      const answer = await fetch(`http://127.0.0.1:${port}/config_dump`);
      const { policies } = (await answer.json()) as Dump;
      return policies.flatMap(
        ({ policy: { frontend } }) => frontend?.tCP?.keepalives.time ?? [],
      )[0];
    };
    for (let round = 1; round <= 5; round += 1) {
      const time = `${10 + round}s`;
      const wanted = samplePolicy('keep', { time, interval: '5s', retries: 3 });
      const { metadata } = (await api('PUT', `${POLICIES}/keep`, wanted)) as Policy;
      let looks = 0;
      // Each look is a chance to see True too early; the workers are asked after the API has said it.
      await eventually(
        async () => {
          looks += 1;
          const now = await policy();
          const condition = inForceOf(now);
          assert.equal(now.metadata.generation, metadata.generation);
          assert.equal(condition?.observedGeneration, metadata.generation);
          assert.equal(condition?.status, 'True');
        },
        { everyMs: 1 },
      );
      const seen = await Promise.all([planes, other].map((one) => keepaliveTime(one.port(15000))));
      assert.deepEqual(seen, [time, time], `round ${round}, after ${looks} looks`);
    }
  });

  it('workers are pods of one deployment, described with the version they run', async () => {
    const namespace = ['-n', 'agentgateway-system'];
    const pods = await kubectl('get', 'pods', ...namespace, '-o', 'wide');
    assert.match(pods, /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE/);
    assert.match(pods, /agentgateway-proxy-0 +1\/1 +Running +0 +\S+ +127\.0\.0\.1 +\S+/);
    assert.match(pods, /agentgateway-proxy-1 +1\/1 +Running/);
    const deployments = await kubectl('get', 'deployment', ...namespace);
    assert.match(deployments, /agentgateway-proxy +2\/2 +2 +2 /);
    const rollout = await kubectl(
      'rollout',
      'status',
      'deployment/agentgateway-proxy',
      ...namespace,
    );
    assert.match(rollout, /successfully rolled out/);
    const described = await kubectl('describe', 'pod', 'agentgateway-proxy-0', ...namespace);
    assert.match(described, /heartline\.dev\/in-force: \d+-[0-9a-f]{8}\n/);
    assert.match(described, /Controlled By: +Deployment\/agentgateway-proxy/);
    assert.match(described, /Normal +WorkerConnected/);
    const workers = await kubectl('get', 'wk');
    assert.match(workers, /^NAME +GATEWAY +STATE +DESIRED +SENT +ACCEPTED +INFORCE +CONNECTIONS/);
    assert.equal(workers.match(/ InSync /g)?.length, 2);
    assert.match(
      await kubectl('get', 'gwrel', '-n', 'httpbin'),
      /agentgateway-proxy +\d+ +\d+ +\d+/,
    );
  });

  it('events tell of a port in use, of its end, and of a worker that was killed', async () => {
    const owner = createServer();
    await once(owner.listen(planes.port(EXTRA_PORT), '127.0.0.1'), 'listening');
    try {
      await api(
        'PUT',
        `${GATEWAYS}/agentgateway-proxy`,
        sampleGateway(undefined, [8080, EXTRA_PORT]),
      );
      await eventually(async () => {
        const told = await story();
        assert.match(told, /Rejected Pod\/agentgateway-proxy-0: bind\/8081\/.* in use/);
        assert.match(told, /NotProgrammed Gateway\/agentgateway-proxy: .* in use/);
        assert.doesNotMatch(told, /Rejected Pod\/agentgateway-proxy-1/);
      });
    } finally {
      owner.close();
    }
    await eventually(async () => {
      const told = await story();
      assert.match(told, /RejectionCleared Pod\/agentgateway-proxy-0: bind\/8081\//);
      const { status } = (await api('GET', `${GATEWAYS}/agentgateway-proxy`)) as Policy;
      assert.equal(status?.conditions.find(({ type }) => type === 'Programmed')?.status, 'True');
    });

    await second.kill('SIGKILL');
    await eventually(async () =>
      assert.match(await story(), /WorkerLost Pod\/agentgateway-proxy-1: /),
    );
    const listed = await kubectl('get', 'pods', '-n', 'agentgateway-system');
    assert.match(listed, /agentgateway-proxy-1 +0\/1 +WorkerLost/);
    const events = await kubectl(
      ...['get', 'events', '-n', 'agentgateway-system', '--field-selector'],
      'involvedObject.kind=Pod,involvedObject.name=agentgateway-proxy-1,type=Warning',
    );
    assert.match(
      events,
      /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\S+ +Warning +WorkerLost +pod\//,
    );
    assert.equal(events.trim().split('\n').length, 2, events);
    await eventually(async () => assert.equal((await policy()).status?.inForce, '1/1'));
  });
});
