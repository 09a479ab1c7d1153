// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import {
  type Finding,
  finding,
  formatConditionTime,
  stampConditions,
} from '../compile/conditions.js';
import { conditionsOf } from '../compile/previous-status.js';
import type { WorkerView } from '../fleet/worker-view.js';
import type { JsonValue } from '../log/transaction.js';
import type { KubeObject } from '../policy/kube-object.js';
import { uidOf } from './names.js';
import { isReady, selectorLabels, workerContainer } from './pod-object.js';

export interface DeploymentInput extends NamespacedName {
  /** The workers of its pods; never empty. */
  readonly views: readonly [WorkerView, ...WorkerView[]];
  readonly listenerPorts: readonly number[];
  /** The same Deployment as it was shown last, for the times of its conditions. */
  readonly previous: KubeObject | undefined;
  readonly nowMs: number;
}

/** apps/v1 Deployment: the pods of one name, as `kubectl get`, `rollout status` and `port-forward` look at them. */
export function deploymentObject(input: DeploymentInput): KubeObject {
  const { namespace, name, views, listenerPorts } = input;
  const labels = selectorLabels(name);
  const [first] = views;
  const desired = [...new Set(views.map((view) => view.desired))].sort().join(', ');
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace,
      uid: uidOf('Deployment', `${namespace}/${name}`),
      generation: 1,
      creationTimestamp: formatConditionTime(Math.min(...views.map((view) => view.createdAtMs))),
      labels,
      annotations: { 'heartline.dev/desired': desired },
    },
    spec: {
      replicas: views.length,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels },
        spec: { containers: [workerContainer(first, listenerPorts)] },
      },
    } as unknown as JsonValue,
    status: deploymentStatus(input) as unknown as JsonValue,
  };
}

/** The worker has the version it should run in force, read back. */
function isUpToDate({ desired, inForce, state }: WorkerView): boolean {
  return desired !== '' && inForce === desired && state === 'InSync';
}

function deploymentStatus({ views, previous, nowMs }: DeploymentInput): object {
  const ready = views.filter(isReady).length;
  const updated = views.filter(isUpToDate).length;
  const counts = { replicas: views.length, ready, updated };
  return {
    observedGeneration: 1,
    replicas: views.length,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    ...(ready < views.length ? { unavailableReplicas: views.length - ready } : {}),
    conditions: stampConditions(findingsOf(counts), {
      generation: undefined,
      now: formatConditionTime(nowMs),
      previous: conditionsOf(previous?.status),
    }),
  };
}

function findingsOf({
  replicas,
  ready,
  updated,
}: Readonly<Record<'replicas' | 'ready' | 'updated', number>>): readonly Finding[] {
  const [available, why] =
    ready > 0
      ? (['True', 'MinimumReplicasAvailable'] as const)
      : (['False', 'MinimumReplicasUnavailable'] as const);
  const progress = updated === replicas ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated';
  const inForce = `${updated} of ${replicas} workers have the version they should run in force`;
  return [
    finding('Available', available, why, `${ready} of ${replicas} workers are connected and ready`),
    finding('Progressing', 'True', progress, inForce),
  ];
}
