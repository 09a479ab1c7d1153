// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventBody, InForceCounts, WorkerRef } from '../../shared/events/event.js';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { virtualKindFiles } from '../../test/support/crd-admission.js';
import { handMadeSource } from '../../test/support/hand-made-source.js';
import { snapshotOf, TEST_GATEWAY } from '../../test/support/resource-sets.js';
import { kindOf } from '../../test/support/sample-objects.js';
import { createMemoryBus } from '../bus/memory-bus.js';
import { createFleetRegistry } from '../fleet/registry.js';
import { workerRef } from '../fleet/worker-key.js';
import { createVirtualObjects } from '../kube-api/resources/virtual-objects.js';
import type { KubeObject } from '../policy/kube-object.js';
import { normalize } from '../policy/normalize.js';
import type { GatewayRelease } from '../release/gateway-release.js';
import type { VirtualPlural } from './fleet-resources.js';
import { startFleetObjects } from './start-fleet-objects.js';

const START_MS = Date.parse('2026-11-22T10:00:00Z');
const typeUrl = RESOURCE_TYPE_URL;
const counts: InForceCounts = {
  ...{ open: 2, inForce: 2, settling: 0, deferred: 0 },
  ...{ settingsPending: 0, failed: 0, unverified: 0, newOnly: 0, drifted: 0 },
};
const BINDS = { 'bind/8080/httpbin/gw': 'b', 'bind/8090/httpbin/gw': 'b' };

/** The real bus, registry and room; versions are made by hand. */
function stage() {
  const clock = manualClock(START_MS);
  const logger = createLogger({ name: 'test', level: 'silent' });
  const bus = createMemoryBus({ source: 'test', clock, logger });
  const source = handMadeSource();
  const ledger = { standing: () => [] };
  const registry = createFleetRegistry({ bus, clock, source, ledger });
  const stored = {
    policies: createVirtualObjects({ clock }),
    gateways: createVirtualObjects({ clock }),
  };
  let release: GatewayRelease | undefined;
  let looks = 0;
  const running = startFleetObjects({
    ...{ bus, clock, cluster: 'local', crds: virtualKindFiles() },
    registry: {
      ...registry,
      view(key) {
        looks += 1;
        return registry.view(key);
      },
    },
    reconciler: { ...source, gateways: () => [], release: () => release },
    told: new Map([
      [kindOf('AgentgatewayPolicy'), stored.policies],
      [kindOf('Gateway'), stored.gateways],
    ]),
  });
  const resource = (plural: VirtualPlural) => {
    const found = running.resources.find(({ kind }) => kind.plural === plural);
    assert.ok(found, plural);
    return found;
  };
  const view = (plural: VirtualPlural) => resource(plural).view;
  const tell = (body: EventBody): void => void bus.publish(body);
  const label = (number: number): string =>
    snapshotOf({ ...BINDS, a: String(number) }, number).label;
  return {
    ...{ clock, stored, view, resource, tell, label },
    /** How often a worker was looked at to make its objects, since the last call. */
    looks(): number {
      const since = looks;
      looks = 0;
      return since;
    },
    /** Changes that watchers of a kind have heard of. */
    changes: (plural: VirtualPlural): number =>
      Number(view(plural).list(undefined).resourceVersion) - START_MS,
    publish(number: number) {
      const snapshot = snapshotOf({ ...BINDS, a: String(number) }, number);
      const { hash } = snapshot;
      const version = { number, hash, label: snapshot.label, time: clock.wallMs() };
      const versions = [{ ...version, author: 'alice', reason: 'more', pages: [] }];
      release = { gateway: TEST_GATEWAY, versions, head: number, stable: number };
      source.publish(snapshot);
      tell({ type: 'published', gateway: TEST_GATEWAY, label: snapshot.label, hash });
    },
    connect: (worker: WorkerRef, pod = worker.nodeId) =>
      tell({
        ...{ type: 'worker-connected', worker, address: '10.0.0.1:4000', build: 'heartline/1' },
        pod: { namespace: 'pods', name: pod },
      }),
    describe: (worker: WorkerRef, startedAtMs = START_MS - 60_000) =>
      tell({
        ...{ type: 'worker-described', worker },
        place: {
          ...{ nodeName: 'machine-1', podIp: '127.0.0.15', startedAtMs },
          ports: { admin: 25_000, stats: 15_020, readiness: 15_021 },
        },
      }),
    run(worker: WorkerRef, number: number) {
      tell({ type: 'sent', worker, typeUrl, label: label(number), resources: 1, removed: 0 });
      tell({ type: 'accepted', worker, typeUrl, label: label(number), warnings: [] });
      const listenerErrors: never[] = [];
      const report = { label: label(number), inForce: true, sinceMs: START_MS, counts };
      tell({ type: 'in-force', worker, ...report, listenerErrors });
    },
    lose: (worker: WorkerRef) => tell({ type: 'worker-lost', worker, reason: 'stream closed' }),
    row: (plural: VirtualPlural, name: string, namespace = 'pods') => {
      const object = view(plural).get(namespace, name);
      return (
        object && resource(plural).columns.map((column) => column.read(object, clock.wallMs()))
      );
    },
    /** `Type Reason Kind/name xCOUNT: message`, sorted. */
    story: () =>
      (view('events').list(undefined).objects as unknown as ShownEvent[]).map(storyLine).sort(),
    stop() {
      running.stop();
      registry.stop();
      assert.equal(clock.pending(), 0, 'a timer is left');
    },
  };
}

interface ShownEvent {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly count: number;
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly uid?: string };
}

function storyLine({ type, reason, involvedObject, count, message }: ShownEvent): string {
  return `${type} ${reason} ${involvedObject.kind}/${involvedObject.name} x${count}: ${message}`;
}

const w0 = workerRef('worker', TEST_GATEWAY, 'gw-0');
const w1 = workerRef('worker', TEST_GATEWAY, 'gw-1');

function withStage(name: string, play: (s: ReturnType<typeof stage>) => void): void {
  it(name, () => {
    const s = stage();
    try {
      play(s);
    } finally {
      s.stop();
    }
  });
}

describe('workers as pods', () => {
  withStage('columns, ports, places and versions of a worker', (s) => {
    s.publish(1);
    s.connect(w0);
    s.describe(w0);
    assert.deepEqual(s.row('pods', 'gw-0')?.slice(0, 4), ['gw-0', '0/1', 'Running', '0']);
    s.run(w0, 1);
    assert.deepEqual(s.row('pods', 'gw-0')?.slice(0, 7), [
      ...['gw-0', '1/1', 'Running', '0', '60s', '127.0.0.15', 'machine-1'],
    ]);
    const pod = s.view('pods').get('pods', 'gw-0') as unknown as KubeObject<PodSpec>;
    const ports = pod.spec?.containers[0]?.ports.map((one) => Object.values(one).join(' '));
    assert.deepEqual(ports, [
      ...['admin 15000 25000 TCP', 'stats 15020 TCP', 'readiness 15021 TCP'],
      ...['listener-8080 8080 TCP', 'listener-8090 8090 TCP'],
    ]);
    const { annotations, labels } = pod.metadata;
    assert.equal(annotations?.['heartline.dev/in-force'], s.label(1));
    assert.equal(annotations?.['heartline.dev/state'], 'InSync');
    assert.equal(labels?.['gateway.networking.k8s.io/gateway-name'], 'gw');
  });

  withStage('every field that is shown is one that explain knows', (s) => {
    s.publish(1);
    s.connect(w0);
    s.describe(w0);
    s.run(w0, 1);
    s.lose(w0);
    s.clock.advance(250);
    for (const plural of ['deployments', 'events', 'gatewayreleases', 'pods', 'workers'] as const) {
      const { objects } = s.view(plural).list(undefined);
      assert.notEqual(objects.length, 0, plural);
      for (const object of objects) {
        const { unknown } = normalize(s.resource(plural).schema, object as never);
        assert.deepEqual(unknown, [], plural);
      }
    }
  });

  withStage('a lost worker is not ready, and its pod goes after five minutes', (s) => {
    s.publish(1);
    s.connect(w0);
    s.run(w0, 1);
    s.lose(w0);
    assert.deepEqual(s.row('pods', 'gw-0')?.slice(0, 4), ['gw-0', '0/1', 'WorkerLost', '0']);
    assert.equal(s.row('workers', nameOfWorker(s), '')?.[2], 'Lost');
    for (let i = 0; i < 12; i += 1) s.clock.advance(30_000);
    assert.equal(s.view('pods').get('pods', 'gw-0'), undefined);
    assert.equal(s.view('deployments').get('pods', 'gw'), undefined);
    assert.equal(s.row('workers', nameOfWorker(s), '')?.[2], 'Lost', 'shown for an hour');
    for (let i = 0; i < 120; i += 1) s.clock.advance(30_000);
    assert.equal(s.view('workers').list(undefined).objects.length, 0);
  });

  withStage('a worker that starts anew counts a restart and keeps its age', (s) => {
    s.publish(1);
    s.connect(w0);
    s.describe(w0);
    s.lose(w0);
    s.connect(w0);
    s.describe(w0, START_MS);
    s.run(w0, 1);
    assert.deepEqual(s.row('pods', 'gw-0')?.slice(0, 5), ['gw-0', '1/1', 'Running', '1', '60s']);
  });

  withStage('a pod of two workers is the one that lives', (s) => {
    const moved = workerRef('worker', TEST_GATEWAY, 'other-node-id');
    s.publish(1);
    s.connect(w0);
    s.lose(w0);
    s.connect(moved, 'gw-0');
    s.run(moved, 1);
    assert.equal(s.row('pods', 'gw-0')?.[1], '1/1');
    assert.equal(s.view('workers').list(undefined).objects.length, 2);
  });

  withStage('workers of other clusters, and names that no pod can have, are workers only', (s) => {
    s.connect(workerRef('worker', { ...TEST_GATEWAY, cluster: 'far' }, 'far-0'));
    s.connect(workerRef('worker', TEST_GATEWAY, 'x'), '../../Nodes');
    assert.equal(s.view('pods').list(undefined).objects.length, 0);
    const names = s
      .view('workers')
      .list(undefined)
      .objects.map(({ metadata }) => metadata.name);
    assert.match(names.join(' '), /^far-0-[0-9a-f]{8} worker-[0-9a-f]{8}$/);
  });
});

describe('pods as deployments', () => {
  withStage('ready, up to date and available follow the workers', (s) => {
    s.publish(1);
    s.connect(w0);
    s.connect(w1);
    s.run(w0, 1);
    const row = () => s.row('deployments', 'gw')?.slice(0, 4);
    assert.deepEqual(row(), ['gw', '1/2', 1, 1]);
    s.run(w1, 1);
    assert.deepEqual(row(), ['gw', '2/2', 2, 2]);
    s.publish(2);
    assert.deepEqual(row(), ['gw', '2/2', 0, 2]);
    s.run(w0, 2);
    assert.deepEqual(row(), ['gw', '2/2', 1, 2]);
    s.lose(w1);
    assert.deepEqual(row(), ['gw', '1/2', 1, 1]);
  });

  withStage('the selector finds the pods', (s) => {
    s.connect(w0);
    const deployment = s
      .view('deployments')
      .get('pods', 'gw') as unknown as KubeObject<DeploymentSpec>;
    const labels = s.view('pods').get('pods', 'gw-0')?.metadata.labels;
    const wanted = Object.entries(deployment.spec?.selector.matchLabels ?? {});
    assert.notEqual(wanted.length, 0);
    for (const [label, value] of wanted) assert.equal(labels?.[label], value);
  });
});

describe('releases', () => {
  withStage('are there with every version, and their columns count', (s) => {
    s.publish(1);
    s.publish(2);
    assert.deepEqual(s.row('gatewayreleases', 'gw', 'httpbin'), ['gw', 2, 2, 1, '0s']);
  });
});

describe('events', () => {
  withStage('the story of a worker', (s) => {
    s.publish(1);
    s.connect(w0);
    s.run(w0, 1);
    s.clock.advance(250);
    const resource = 'bind/8080/httpbin/gw';
    const trouble = { resource, message: 'port 8080 is in use', class: 'environment' } as const;
    const accepted = { type: 'accepted', worker: w0, typeUrl, label: s.label(1) } as const;
    s.tell({ ...accepted, warnings: [trouble] });
    s.tell({ ...accepted, warnings: [trouble] });
    s.tell({ type: 'rejection-cleared', worker: w0, typeUrl, resources: [resource] });
    s.tell({ type: 'drifted', worker: w0, sockets: 3 });
    s.tell({ type: 'stuck', worker: w0, typeUrl, label: s.label(1) });
    s.lose(w0);
    const version = s.label(1);
    assert.deepEqual(s.story(), [
      `Normal InForce Gateway/gw x1: version ${version} is in force on 1 of 1 workers`,
      'Normal RejectionCleared Pod/gw-0 x1: bind/8080/httpbin/gw is no longer refused or in trouble',
      `Normal SnapshotPublished Gateway/gw x1: version ${version} is published by alice: more`,
      'Normal WorkerConnected Pod/gw-0 x1: the worker is connected',
      'Warning Drift Pod/gw-0 x1: another process changed keepalive values of sockets of the worker, which has repaired them',
      `Warning Rejected Pod/gw-0 x1: ${resource} of version ${version} cannot run now, and is tried again: port 8080 is in use`,
      'Warning Stuck Pod/gw-0 x1: the worker has not answered a version for 5 s',
      'Warning WorkerLost Pod/gw-0 x1: the worker is gone: stream closed',
    ]);
  });

  withStage('a policy: what its status says, once for each generation', (s) => {
    const status = (inForce: object): KubeObject => ({
      apiVersion: 'agentgateway.dev/v1alpha1',
      kind: 'AgentgatewayPolicy',
      metadata: { name: 'keep', namespace: 'httpbin', uid: 'u1' },
      status: { conditions: [{ type: 'InForce', ...inForce }] } as never,
    });
    const yes = { status: 'True', reason: 'InForce', message: 'in force' };
    const rolling = { status: 'False', reason: 'RollingOut', message: '1 of 2' };
    const rejected = { status: 'False', reason: 'Rejected', message: 'time 0s is not for me' };
    const steps = [rolling, yes, rolling, yes, rejected, yes].map((one) => ({
      ...one,
      observedGeneration: 1,
    }));
    for (const one of [...steps, { ...yes, observedGeneration: 2 }])
      s.stored.policies.put(status(one));
    assert.deepEqual(s.story(), [
      'Normal InForce AgentgatewayPolicy/keep x3: in force',
      'Warning Rejected AgentgatewayPolicy/keep x1: time 0s is not for me',
    ]);
    const [event] = s.view('events').list('httpbin').objects as unknown as ShownEvent[];
    assert.equal(event?.involvedObject.uid, 'u1');
  });

  withStage('a worker that flaps makes one event with a count, and not too many', (s) => {
    for (let i = 0; i < 100; i += 1) {
      s.connect(w0);
      s.lose(w0);
    }
    const lines = s.story();
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, /Pod\/gw-0 x25:/);
    assert.equal(s.changes('events'), 50, 'a flood of changes for watchers');
    s.tell({ type: 'stuck', worker: w0, typeUrl, label: '' });
    s.clock.advance(600_000);
    s.connect(w0);
    s.tell({ type: 'stuck', worker: w0, typeUrl, label: '' });
    const later = s.story().join('\n');
    assert.match(later, /WorkerConnected Pod\/gw-0 x26:/);
    assert.match(later, /Stuck Pod\/gw-0 x1:/, 'one reason does not silence another');
  });

  withStage('versions in words do not make an event each', (s) => {
    for (let i = 1; i <= 40; i += 1) {
      s.publish(i);
      s.clock.advance(10_000);
    }
    const story = s.story();
    assert.equal(story.length, 11);
    assert.match(story.join('\n'), /x30: \(combined from similar events\): version 40-/);
  });

  withStage('are bounded, and go after an hour', (s) => {
    for (let i = 0; i < 400; i += 1) s.connect(workerRef('worker', TEST_GATEWAY, `w-${i}`));
    assert.equal(s.view('events').list(undefined).objects.length, 300);
    s.clock.advance(3_660_000);
    assert.equal(s.view('events').list(undefined).objects.length, 0);
  });
});

describe('a thousand workers', () => {
  withStage('each change of the fleet writes each object once', (s) => {
    const workers = Array.from({ length: 1_000 }, (_, i) =>
      workerRef('worker', TEST_GATEWAY, `gw-${i}`),
    );
    s.publish(1);
    for (const worker of workers) {
      s.connect(worker);
      s.describe(worker);
      s.run(worker, 1);
    }
    s.clock.advance(250);
    const written = () =>
      (['deployments', 'gatewayreleases', 'pods', 'workers'] as const).map(s.changes);
    assert.deepEqual(written(), [1, 1, 1_000, 1_000], 'five events of each, one object of each');

    s.publish(2);
    for (const worker of workers) s.run(worker, 2);
    s.clock.advance(250);
    assert.deepEqual(written(), [2, 2, 2_000, 2_000]);

    const [one] = workers;
    assert.ok(one);
    for (let i = 0; i < 50; i += 1) s.run(one, 2);
    s.clock.advance(250);
    assert.deepEqual(written(), [2, 2, 2_000, 2_001], 'fifty reports say when it was last seen');

    s.lose(one);
    s.clock.advance(250);
    assert.deepEqual(written(), [3, 2, 2_001, 2_002], 'one worker, one object of each kind');
  });

  withStage('nothing is made while nobody looks, and for watchers a few at a time', (s) => {
    const workers = Array.from({ length: 1_000 }, (_, i) =>
      workerRef('worker', TEST_GATEWAY, `gw-${i}`),
    );
    for (const worker of workers) s.connect(worker);
    s.clock.advance(5_000);
    assert.equal(s.looks(), 0);
    const stop = s.view('pods').watch(s.view('pods').version(), () => {});
    assert.equal(s.looks(), 1_000, 'who begins to watch sees all of them');

    for (const worker of workers) s.run(worker, 1);
    s.clock.advance(249);
    assert.equal(s.looks(), 0);
    s.clock.advance(1);
    assert.equal(s.looks(), 20);
    s.clock.advance(10);
    assert.equal(s.looks(), 20);
    s.clock.advance(1_000);
    assert.equal(s.looks(), 960);

    stop();
    for (const worker of workers) s.lose(worker);
    s.clock.advance(5_000);
    assert.equal(s.looks(), 0);
    s.clock.advance(25_000);
    assert.equal(s.looks(), 1_000, 'no more than twice a minute');
  });
});

interface PodSpec {
  readonly containers: readonly { readonly ports: readonly object[] }[];
}

interface DeploymentSpec {
  readonly selector: { readonly matchLabels: { readonly [label: string]: string } };
}

function nameOfWorker(s: ReturnType<typeof stage>): string {
  return s.view('workers').list(undefined).objects[0]?.metadata.name ?? '';
}
