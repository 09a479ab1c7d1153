// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef } from '../../shared/events/event.js';
import { gatewayKey } from '../../shared/events/gateway-key.js';
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { Clock } from '../../shared/time/clock.js';
import type { FleetRegistry } from '../fleet/registry.js';
import type { WorkerView } from '../fleet/worker-view.js';
import type { VirtualObjects } from '../kube-api/resources/virtual-objects.js';
import type { KubeObject } from '../policy/kube-object.js';
import type { GatewayRelease } from '../release/gateway-release.js';
import { deploymentObject } from './deployment-object.js';
import { deploymentNameOf, isPodName } from './names.js';
import { podObject } from './pod-object.js';
import { createReleaseWriter } from './release-object.js';
import { workerObject } from './worker-object.js';

/** The pod of a lost worker stays this long, milliseconds: as long as Kubernetes leaves pods on a node it does not reach. */
const KEEP_LOST_POD_MS = 300_000;
/**
 * Milliseconds of silence after which a worker is another one without an event: its reports say nothing any more, its
 * pod goes, it is forgotten.
 */
const SILENCES_MS = [90_000, KEEP_LOST_POD_MS, 3_600_000];

export interface FleetObjectsOptions {
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly registry: Pick<FleetRegistry, 'view' | 'workersOf'>;
  /** Workers of other clusters are no pods here. */
  readonly cluster: string;
  readonly release: (gateway: GatewayRef) => GatewayRelease | undefined;
  /** Ports of a Gateway's listeners, sorted. */
  readonly listenerPorts: (gateway: GatewayRef) => readonly number[];
  readonly collections: Readonly<
    Record<'deployments' | 'gatewayreleases' | 'pods' | 'workers', VirtualObjects>
  >;
}

/** Which objects have to be made again, and the making of them. Events only name what changed. */
export interface FleetObjects {
  noteWorker(key: string): void;
  /** Its versions changed, and with them what its workers should run. */
  noteGateway(gateway: GatewayRef): void;
  /** What time alone changes: lost workers go, silent ones are in another state. */
  noteTime(): void;
  isDue(): boolean;
  /** Makes what is due, each object once however often it was named; of at most so many workers. */
  update(maxWorkers?: number): void;
}

interface Known {
  readonly view: WorkerView;
  readonly name: string;
  /** `namespace/name`; undefined when the worker is no pod here. */
  readonly pod: string | undefined;
  /** When time alone may have changed it, by the wall clock. */
  readonly againMs: number;
}

export function createFleetObjects(options: FleetObjectsOptions): FleetObjects {
  const { clock, collections, registry } = options;
  const { deployments, gatewayreleases, pods, workers } = collections;
  const writeRelease = createReleaseWriter();
  const known = new Map<string, Known>();
  /** Keys of workers that call themselves this pod, and pods of this Deployment, by `namespace/name`. */
  const workersOfPod = new Map<string, Set<string>>();
  const podsOfDeployment = new Map<string, Set<string>>();
  const dueWorkers = new Set<string>();
  const dueDeployments = new Set<string>();
  const dueGateways = new Map<string, GatewayRef>();

  const updateWorker = (key: string, touchedPods: Set<string>): void => {
    const before = known.get(key);
    const view = registry.view(key);
    if (before?.pod !== undefined) touchedPods.add(before.pod);
    if (view === undefined) {
      if (before !== undefined) workers.remove('', before.name);
      if (before?.pod !== undefined) remove(workersOfPod, before.pod, key);
      known.delete(key);
      return;
    }
    const object = workerObject(view);
    const pod = podOf(view, options.cluster);
    if (before?.pod !== undefined && before.pod !== pod) remove(workersOfPod, before.pod, key);
    if (before !== undefined && before.name !== object.metadata.name) {
      workers.remove('', before.name);
    }
    known.set(key, {
      view,
      name: object.metadata.name,
      pod,
      againMs: againMs(view, clock.wallMs()),
    });
    workers.put(object as unknown as KubeObject);
    if (pod === undefined) return;
    add(workersOfPod, pod, key);
    touchedPods.add(pod);
  };

  /** Of several workers with one pod name the one that lives, or was heard of last. */
  const viewOfPod = (pod: string): WorkerView | undefined => {
    const views = [...(workersOfPod.get(pod) ?? [])].flatMap((key) => known.get(key)?.view ?? []);
    const limitMs = clock.wallMs() - KEEP_LOST_POD_MS;
    return views
      .filter(({ state, lastSeenMs }) => state !== 'Lost' || lastSeenMs >= limitMs)
      .sort((a, b) => rank(b) - rank(a) || b.lastSeenMs - a.lastSeenMs)[0];
  };

  const updatePod = (pod: string, touchedDeployments: Set<string>): void => {
    const { namespace, name } = split(pod);
    const deployment = `${namespace}/${deploymentNameOf(name)}`;
    touchedDeployments.add(deployment);
    const view = viewOfPod(pod);
    if (view === undefined) {
      remove(podsOfDeployment, deployment, pod);
      pods.remove(namespace, name);
      return;
    }
    add(podsOfDeployment, deployment, pod);
    const listenerPorts = options.listenerPorts(view.worker.gateway);
    const previous = pods.get(namespace, name);
    pods.put(podObject({ view, listenerPorts, previous }));
  };

  const updateDeployment = (deployment: string): void => {
    const { namespace, name } = split(deployment);
    const [first, ...rest] = [...(podsOfDeployment.get(deployment) ?? [])]
      .sort()
      .flatMap((pod) => viewOfPod(pod) ?? []);
    if (first === undefined) {
      deployments.remove(namespace, name);
      return;
    }
    const listenerPorts = options.listenerPorts(first.worker.gateway);
    const previous = deployments.get(namespace, name);
    const nowMs = clock.wallMs();
    const views = [first, ...rest] as const;
    deployments.put(deploymentObject({ namespace, name, views, listenerPorts, previous, nowMs }));
  };

  const updateRelease = (gateway: GatewayRef): void => {
    if (gateway.cluster !== options.cluster) return;
    const release = options.release(gateway);
    if (release === undefined) gatewayreleases.remove(gateway.namespace, gateway.name);
    else gatewayreleases.put(writeRelease(release));
  };

  return {
    noteWorker: (key) => void dueWorkers.add(key),
    noteGateway(gateway) {
      dueGateways.set(gatewayKey(gateway), gateway);
      for (const key of registry.workersOf(gateway)) dueWorkers.add(key);
    },
    noteTime() {
      const nowMs = clock.wallMs();
      for (const [key, one] of known) if (one.againMs <= nowMs) dueWorkers.add(key);
    },
    isDue: () => dueWorkers.size + dueGateways.size > 0,
    update(maxWorkers = Number.POSITIVE_INFINITY) {
      // Taken first, because a watcher that is told of a change may read, and whoever reads comes here again.
      const gateways = [...dueGateways.values()];
      dueGateways.clear();
      const keys = takeSome(dueWorkers, maxWorkers);
      const touchedPods = new Set<string>();
      for (const gateway of gateways) updateRelease(gateway);
      for (const key of keys) updateWorker(key, touchedPods);
      for (const pod of touchedPods) updatePod(pod, dueDeployments);
      // They sum up their pods, so each is made once all of these are.
      if (dueWorkers.size > 0) return;
      for (const deployment of takeSome(dueDeployments)) updateDeployment(deployment);
    },
  };
}

/** Removes them from the set: what is named again meanwhile is due again. */
function takeSome(names: Set<string>, max = Number.POSITIVE_INFINITY): readonly string[] {
  const taken = max < names.size ? [...names].slice(0, max) : [...names];
  for (const name of taken) names.delete(name);
  return taken;
}

function podOf(view: WorkerView, cluster: string): string | undefined {
  const pod = { namespace: view.podNamespace, name: view.podName };
  if (view.worker.gateway.cluster !== cluster || !isPodName(pod)) return undefined;
  return `${pod.namespace}/${pod.name}`;
}

function againMs({ lastSeenMs }: WorkerView, nowMs: number): number {
  const next = SILENCES_MS.map((silenceMs) => lastSeenMs + silenceMs + 1).find((ms) => ms > nowMs);
  return next ?? Number.POSITIVE_INFINITY;
}

function rank({ state }: WorkerView): number {
  return state === 'Lost' ? 0 : 1;
}

function split(id: string): NamespacedName {
  const [namespace = '', name = ''] = id.split('/');
  return { namespace, name };
}

function add(groups: Map<string, Set<string>>, group: string, name: string): void {
  groups.set(group, (groups.get(group) ?? new Set()).add(name));
}

function remove(groups: Map<string, Set<string>>, group: string, name: string): void {
  const names = groups.get(group);
  names?.delete(name);
  if (names?.size === 0) groups.delete(group);
}
