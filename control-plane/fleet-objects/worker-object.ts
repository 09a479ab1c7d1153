// SPDX-License-Identifier: Apache-2.0
import type {
  InForceCounts,
  RejectionClass,
  ResourceProblem,
  WorkerPlace,
} from '../../shared/events/event.js';
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { formatConditionTime } from '../compile/conditions.js';
import type { StandingRejection } from '../fleet/worker-rejections.js';
import type { WorkerState, WorkerView } from '../fleet/worker-view.js';
import { CLUSTER_LABEL, GATEWAY_NAME_LABEL, labelValue, uidOf, workerName } from './names.js';

export const FLEET_API_VERSION = 'fleet.heartline.dev/v1alpha1';

/** A connected or recently lost worker as a read-only Kubernetes object, computed for each answer. */
export interface WorkerObject {
  readonly apiVersion: typeof FLEET_API_VERSION;
  readonly kind: 'Worker';
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly labels: { readonly [key: string]: string };
  };
  readonly spec: {
    /** Its name inside the control plane. */
    readonly key: string;
    readonly nodeId: string;
    readonly cluster: string;
    readonly gateway: NamespacedName;
    readonly pod: NamespacedName;
    readonly address: string;
    /** Program and version; empty when it does not say. */
    readonly build: string;
    /** Absent while the worker does not say, as the three below are. */
    readonly nodeName?: string;
    readonly podIP?: string;
    readonly ports?: WorkerPlace['ports'];
  };
  readonly status: {
    readonly state: WorkerState;
    /** Snapshot labels; the empty string before the first. */
    readonly desired: string;
    readonly sent: string;
    readonly accepted: string;
    readonly inForce: string;
    /** RFC 3339 with milliseconds; absent while nothing is in force. */
    readonly inForceSince?: string;
    /** Absent when the worker has no report stream. */
    readonly connections?: InForceCounts;
    readonly connectedAt: string;
    readonly lastSeen: string;
    readonly startedAt?: string;
    readonly restarts: number;
    readonly problems: readonly ResourceProblem[];
    /** Sorted by type and resource. */
    readonly rejected: readonly RejectedResourceObject[];
  };
}

/** What a worker refused, or has and cannot run now. */
export interface RejectedResourceObject {
  readonly typeUrl: string;
  readonly resource: string;
  /** Content hash; absent when it refused a removal. */
  readonly hash?: string;
  readonly class: RejectionClass;
  /** In the worker's words. */
  readonly reason: string;
  /** RFC 3339 with milliseconds. */
  readonly since: string;
}

/** What a list of workers answers. */
export interface WorkerList {
  readonly apiVersion: typeof FLEET_API_VERSION;
  readonly kind: 'WorkerList';
  readonly metadata: { readonly resourceVersion: string };
  /** Sorted by name. */
  readonly items: readonly WorkerObject[];
}

export function workerObject(view: WorkerView): WorkerObject {
  const { worker, counts, place } = view;
  const { cluster, namespace, name } = worker.gateway;
  return {
    apiVersion: FLEET_API_VERSION,
    kind: 'Worker',
    metadata: {
      name: workerName(worker.key, { namespace: view.podNamespace, name: view.podName }),
      uid: uidOf('Worker', worker.key),
      creationTimestamp: formatConditionTime(view.createdAtMs),
      labels: { [GATEWAY_NAME_LABEL]: labelValue(name), [CLUSTER_LABEL]: labelValue(cluster) },
    },
    spec: {
      key: worker.key,
      nodeId: worker.nodeId,
      cluster,
      gateway: { namespace, name },
      pod: { namespace: view.podNamespace, name: view.podName },
      address: view.address,
      build: view.build,
      ...describePlace(place),
    },
    status: {
      state: view.state,
      desired: view.desired,
      sent: view.sent,
      accepted: view.accepted,
      inForce: view.inForce,
      ...(view.inForceSinceMs > 0 ? { inForceSince: isoTime(view.inForceSinceMs) } : {}),
      ...(counts === undefined ? {} : { connections: counts }),
      connectedAt: isoTime(view.connectedAtMs),
      lastSeen: isoTime(view.lastSeenMs),
      ...(place?.startedAtMs ? { startedAt: isoTime(place.startedAtMs) } : {}),
      restarts: view.restarts,
      problems: view.problems,
      rejected: view.rejected.map(rejectedResource),
    },
  };
}

function describePlace(
  place: WorkerPlace | undefined,
): Pick<WorkerObject['spec'], 'nodeName' | 'podIP' | 'ports'> {
  if (place === undefined) return {};
  const { nodeName, podIp, ports } = place;
  return {
    ...(nodeName === '' ? {} : { nodeName }),
    ...(podIp === '' ? {} : { podIP: podIp }),
    ports,
  };
}

function rejectedResource(one: StandingRejection): RejectedResourceObject {
  const { hash, message, resource, sinceMs, typeUrl } = one;
  const content = hash === undefined ? {} : { hash };
  return {
    ...{ typeUrl, resource, ...content },
    ...{ class: one.class, reason: message, since: isoTime(sinceMs) },
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
