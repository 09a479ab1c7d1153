// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef } from '../../shared/events/event.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Bus } from '../bus/bus.js';
import type { FleetRegistry } from '../fleet/registry.js';
import type { ObjectView } from '../kube-api/resources/object-view.js';
import type { ServedResource } from '../kube-api/resources/served-resource.js';
import {
  createVirtualObjects,
  type VirtualObjects,
} from '../kube-api/resources/virtual-objects.js';
import type { Kind } from '../policy/kinds.js';
import type { Crd } from '../policy/structural-schema.js';
import type { Reconciler } from '../reconcile/reconciler.js';
import type { VersionedSnapshot } from '../snapshot/snapshot.js';
import { createEventTeller } from './event-teller.js';
import { createFleetObjects } from './fleet-objects.js';
import { fleetResources, type VirtualPlural } from './fleet-resources.js';
import { lazyView, type ViewUse } from './lazy-view.js';

export interface FleetObjectsStart {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly registry: Pick<FleetRegistry, 'gatewayFacts' | 'view' | 'workersOf'>;
  readonly reconciler: Pick<Reconciler, 'gateways' | 'onChange' | 'release' | 'target'>;
  readonly cluster: string;
  /** The files of deploy/virtual-kinds. */
  readonly crds: readonly Crd[];
  /** Views of the stored objects; the status of those that `statusNotes` knows is told. */
  readonly told: ReadonlyMap<Kind, ObjectView>;
}

export interface RunningFleetObjects {
  readonly resources: readonly ServedResource[];
  /** To be called once the releases were read. */
  noteReleases(): void;
  stop(): void;
}

/** Watchers hear of what changed this often at most, milliseconds; who lists or gets sees it at once. */
const UPDATE_DELAY_MS = 250;
/** Workers whose objects are made in one piece, a few milliseconds, and the pause after it. */
const SLICE_WORKERS = 20;
const SLICE_PAUSE_MS = 10;
/** What time alone changes is looked for this often, and what nobody looked at is made, milliseconds. */
const SWEEP_MS = 30_000;

/** Pods, deployments, workers, releases and events, kept up to date from the bus. */
export function startFleetObjects(options: FleetObjectsStart): RunningFleetObjects {
  const { bus, clock, cluster, reconciler, registry } = options;
  const newCollection = (): VirtualObjects => createVirtualObjects({ clock });
  const collections: Readonly<Record<VirtualPlural, VirtualObjects>> = {
    deployments: newCollection(),
    events: newCollection(),
    gatewayreleases: newCollection(),
    pods: newCollection(),
    workers: newCollection(),
  };
  const release = (gateway: GatewayRef) => reconciler.release(gateway);
  const shared = { clock, registry, cluster, release };
  const listenerPorts = createListenerPorts(reconciler);
  const objects = createFleetObjects({ ...shared, collections, listenerPorts });
  const teller = createEventTeller({
    ...{ ...shared, events: collections.events },
    policies: viewOf(options.told, 'AgentgatewayPolicy'),
    gateways: viewOf(options.told, 'Gateway'),
  });
  const timers = new Map<'objects' | 'events' | 'sweep', Timer>();
  let watchers = 0;

  const arm = (name: 'objects' | 'events' | 'sweep', delayMs: number, task: () => void): void => {
    if (timers.has(name)) return;
    timers.set(
      name,
      clock.after(delayMs, () => {
        timers.delete(name);
        task();
      }),
    );
  };
  /** A slice at a time: with a thousand workers one piece would hold up the answers to all of them. */
  const updateSlice = (): void => {
    objects.update(SLICE_WORKERS);
    if (objects.isDue()) arm('objects', SLICE_PAUSE_MS, updateSlice);
  };
  const wake = (): void => {
    if (watchers > 0) arm('objects', UPDATE_DELAY_MS, updateSlice);
  };
  const sweep = (): void => {
    objects.noteTime();
    teller.prune();
    if (objects.isDue()) arm('objects', SLICE_PAUSE_MS, updateSlice);
    arm('sweep', SWEEP_MS, sweep);
  };
  arm('sweep', SWEEP_MS, sweep);
  const stops = [
    bus.subscribe((event) => {
      teller.take(event);
      if (!('worker' in event)) return;
      objects.noteWorker(event.worker.key);
      wake();
      arm('events', UPDATE_DELAY_MS, () => teller.sumUp());
    }),
    reconciler.onChange((gateway) => {
      objects.noteGateway(gateway);
      wake();
    }),
  ];
  const use: ViewUse = {
    update() {
      if (objects.isDue()) objects.update();
    },
    onWatch(change) {
      watchers += change;
    },
  };
  const views = Object.fromEntries(
    Object.entries(collections).map(([plural, view]) => [plural, lazyView(view, use)]),
  ) as unknown as Record<VirtualPlural, ObjectView>;

  return {
    resources: fleetResources(options.crds, views),
    noteReleases() {
      for (const gateway of reconciler.gateways()) objects.noteGateway(gateway);
      wake();
    },
    stop() {
      for (const stop of stops) stop();
      teller.stop();
      for (const timer of timers.values()) timer.cancel();
    },
  };
}

function viewOf(views: ReadonlyMap<Kind, ObjectView>, wanted: string): ObjectView {
  const found = [...views].find(([{ kind }]) => kind === wanted);
  if (found === undefined) throw new TypeError(`kind ${wanted} is not stored`);
  return found[1];
}

/** Read from the names of binds, once for each version. */
function createListenerPorts({
  target,
}: Pick<Reconciler, 'target'>): (gateway: GatewayRef) => readonly number[] {
  const known = new WeakMap<VersionedSnapshot, readonly number[]>();
  return (gateway) => {
    const snapshot = target(gateway, '')?.snapshot;
    if (snapshot === undefined) return [];
    const ports = known.get(snapshot) ?? portsOf(snapshot.resources.keys());
    known.set(snapshot, ports);
    return ports;
  };
}

function portsOf(resources: Iterable<string>): readonly number[] {
  const ports = [...resources].flatMap((name) => {
    const port = /^bind\/(\d{1,5})\//.exec(name)?.[1];
    return port === undefined ? [] : Number(port);
  });
  return ports.sort((a, b) => a - b);
}
