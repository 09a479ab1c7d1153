// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef, HeartlineEvent } from '../../shared/events/event.js';
import { gatewayKey } from '../../shared/events/gateway-key.js';
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { Clock } from '../../shared/time/clock.js';
import type { FleetRegistry } from '../fleet/registry.js';
import type { ObjectView, ObservedChange } from '../kube-api/resources/object-view.js';
import type { VirtualObjects } from '../kube-api/resources/virtual-objects.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import type { GatewayRelease } from '../release/gateway-release.js';
import type { StopWatch } from '../store/store.js';
import { createEventBook } from './event-book.js';
import { isPodName, uidOf, workerName } from './names.js';
import { type Note, type NoteSubject, note } from './note.js';
import { statusNotes, type Told, toldAlready } from './status-notes.js';
import { type Complaints, type WorkerEvent, workerNotes } from './worker-notes.js';
import { FLEET_API_VERSION } from './worker-object.js';

export interface EventTellerOptions {
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly registry: Pick<FleetRegistry, 'gatewayFacts'>;
  readonly cluster: string;
  readonly release: (gateway: GatewayRef) => GatewayRelease | undefined;
  /** Objects whose status is told. */
  readonly policies: ObjectView;
  readonly gateways: ObjectView;
  readonly events: VirtualObjects;
}

/** Tells Kubernetes users, as core/v1 Events, what happens to Gateways, policies and workers. */
export interface EventTeller {
  take(event: HeartlineEvent): void;
  /** What has to be summed up over a whole gateway; called now and then. */
  sumUp(): void;
  /** Forgets what is old. */
  prune(): void;
  stop(): void;
}

interface ToldWorker {
  readonly subject: NoteSubject;
  readonly uid: string;
  complaints: Complaints;
}

const NO_COMPLAINTS: Complaints = new Set();

export function createEventTeller(options: EventTellerOptions): EventTeller {
  const { clock, cluster, events, gateways, registry } = options;
  const book = createEventBook();
  /** Connected workers, by key. */
  const workers = new Map<string, ToldWorker>();
  /** The version of which InForce was told last, by gateway; and whose reports came since the last look. */
  const toldInForce = new Map<string, string>();
  const reporting = new Map<string, GatewayRef>();

  const tell = (one: Note, uid: string | undefined): void => {
    const { put, removed } = book.add(one, uid, clock.wallMs());
    for (const { metadata } of removed) events.remove(metadata.namespace ?? '', metadata.name);
    if (put !== undefined) events.put(put);
  };
  const tellOfGateway = (gateway: NamespacedName, reason: string, message: string): void => {
    const { namespace, name } = gateway;
    const object = gateways.get(namespace, name);
    const apiVersion = 'gateway.networking.k8s.io/v1';
    const subject = { apiVersion, kind: 'Gateway', namespace, name };
    tell(note(subject, 'Normal', reason, message), object?.metadata.uid);
  };

  const takeOfWorker = (event: WorkerEvent): void => {
    const { key } = event.worker;
    if (event.type === 'worker-connected') {
      const complaints = workers.get(key)?.complaints ?? NO_COMPLAINTS;
      workers.set(key, { ...identify(event, cluster), complaints });
    }
    const worker = workers.get(key);
    if (worker === undefined) return;
    const { notes, complaints } = workerNotes(event, worker.subject, worker.complaints);
    worker.complaints = complaints;
    for (const one of notes) tell(one, worker.uid);
    if (event.type === 'worker-lost') workers.delete(key);
    if (event.type === 'in-force' && event.inForce) {
      reporting.set(gatewayKey(event.worker.gateway), event.worker.gateway);
    }
  };

  const tellPublished = ({ gateway, label }: HeartlineEvent & { type: 'published' }): void => {
    if (gateway.cluster !== cluster) return;
    const version = options.release(gateway)?.versions.find((one) => one.label === label);
    const by = version === undefined ? '' : ` by ${version.author}: ${version.reason}`;
    tellOfGateway(gateway, 'SnapshotPublished', `version ${label} is published${by}`);
  };

  const stops = [options.policies, gateways].map((view) => followStatus(view, tell));

  return {
    take(event) {
      if (event.type === 'published') tellPublished(event);
      else if ('worker' in event) takeOfWorker(event);
    },
    sumUp() {
      const looked = [...reporting];
      reporting.clear();
      for (const [key, gateway] of looked) {
        const { desiredLabel, inForceWorkers, liveWorkers } = registry.gatewayFacts(gateway);
        if (inForceWorkers < liveWorkers || toldInForce.get(key) === desiredLabel) continue;
        toldInForce.set(key, desiredLabel);
        const count = `${inForceWorkers} of ${liveWorkers} workers`;
        tellOfGateway(gateway, 'InForce', `version ${desiredLabel} is in force on ${count}`);
      }
    },
    prune() {
      const removed = book.prune(clock.wallMs());
      for (const { metadata } of removed) events.remove(metadata.namespace ?? '', metadata.name);
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}

/** Tells what each new status of the objects of a view says, from now on. */
function followStatus(
  view: ObjectView,
  tell: (one: Note, uid: string | undefined) => void,
): StopWatch {
  const toldOf = new Map<string, Told>();
  const follow = ({ before, after }: ObservedChange): void => {
    if (after === undefined) {
      if (before !== undefined) toldOf.delete(objectId(before));
      return;
    }
    if (after.status === before?.status) return;
    const key = objectId(after);
    const { notes, told } = statusNotes(after, toldOf.get(key) ?? toldBefore(before, after));
    toldOf.set(key, told);
    for (const one of notes) tell(one, after.metadata.uid);
  };
  return view.watch(view.version(), follow);
}

/** An object of the same name that was deleted is another one. */
function toldBefore(before: KubeObject | undefined, after: KubeObject): Told {
  const isSame = before?.metadata.uid === after.metadata.uid;
  return before !== undefined && isSame ? toldAlready(before) : new Map();
}

/** A worker of another cluster, or one that calls itself by no name of a pod, is shown as a Worker only. */
function identify(
  { pod, worker }: HeartlineEvent & { readonly type: 'worker-connected' },
  cluster: string,
): Pick<ToldWorker, 'subject' | 'uid'> {
  if (worker.gateway.cluster === cluster && isPodName(pod)) {
    const { namespace, name } = pod;
    const subject = { apiVersion: 'v1', kind: 'Pod', namespace, name };
    return { subject, uid: uidOf('Pod', `${namespace}/${name}`) };
  }
  const name = workerName(worker.key, pod);
  const subject = { apiVersion: FLEET_API_VERSION, kind: 'Worker', namespace: '', name };
  return { subject, uid: uidOf('Worker', worker.key) };
}
