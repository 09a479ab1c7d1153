// SPDX-License-Identifier: Apache-2.0
import { parseHostPort } from '../../shared/names/host-port.js';
import { compareText } from '../../shared/names/sort.js';
import {
  type Finding,
  finding,
  formatConditionTime,
  stampConditions,
} from '../compile/conditions.js';
import { conditionsOf } from '../compile/previous-status.js';
import type { WorkerView } from '../fleet/worker-view.js';
import type { JsonValue } from '../log/transaction.js';
import type { Condition, KubeObject } from '../policy/kube-object.js';
import { deploymentNameOf, GATEWAY_NAME_LABEL, labelValue, uidOf } from './names.js';

/** The ports a worker's pod is known by, whatever `--port-offset` moved them to. */
const OWN_PORTS = { admin: 15_000, stats: 15_020, readiness: 15_021 } as const;

export interface PodInput {
  readonly view: WorkerView;
  /** Ports of the Gateway's listeners, sorted. */
  readonly listenerPorts: readonly number[];
  /** The same pod as it was shown last, for the times of its conditions. */
  readonly previous: KubeObject | undefined;
}

/** core/v1 Pod of a worker of this cluster. */
export function podObject(input: PodInput): KubeObject {
  const { view } = input;
  const { podNamespace: namespace, podName: name } = view;
  const deployment = deploymentNameOf(name);
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment };
  const metadata = {
    name,
    namespace,
    uid: uidOf('Pod', `${namespace}/${name}`),
    creationTimestamp: formatConditionTime(view.createdAtMs),
    labels: podLabels(deployment, view),
    annotations: annotationsOf(view),
    ownerReferences: [
      { ...owner, uid: uidOf('Deployment', `${namespace}/${deployment}`), controller: true },
    ],
  };
  return {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata },
    spec: podSpec(input) as unknown as JsonValue,
    status: podStatus(input) as unknown as JsonValue,
  };
}

/** Whether the worker can serve what it should: it is connected and has taken a version. */
export function isReady({ accepted, state }: WorkerView): boolean {
  return state !== 'Lost' && accepted !== '';
}

/** What the pods of one Deployment have in common; its selector. */
export function selectorLabels(deployment: string): { readonly [key: string]: string } {
  return {
    'app.kubernetes.io/managed-by': 'heartline',
    'app.kubernetes.io/name': labelValue(deployment),
  };
}

/** The one container of a worker, as pods and their Deployment show it. */
export function workerContainer(view: WorkerView, listenerPorts: readonly number[]): object {
  return {
    name: 'agentgateway',
    image: imageOf(view),
    ports: [
      ...Object.entries(OWN_PORTS).map(([name, containerPort]) => {
        const bound = view.place?.ports[name as keyof typeof OWN_PORTS] ?? 0;
        const host = bound === 0 || bound === containerPort ? {} : { hostPort: bound };
        return { name, containerPort, ...host, protocol: 'TCP' };
      }),
      ...listenerPorts.map((port) => {
        return { name: `listener-${port}`, containerPort: port, protocol: 'TCP' };
      }),
    ],
  };
}

function podLabels(deployment: string, { worker }: WorkerView): { readonly [key: string]: string } {
  return {
    ...selectorLabels(deployment),
    'app.kubernetes.io/component': 'proxy',
    [GATEWAY_NAME_LABEL]: labelValue(worker.gateway.name),
  };
}

function imageOf({ build }: WorkerView): string {
  return build === '' ? 'unknown' : build;
}

function podSpec({ view, listenerPorts }: PodInput): object {
  const nodeName = view.place?.nodeName ?? '';
  return {
    containers: [workerContainer(view, listenerPorts)],
    restartPolicy: 'Always',
    ...(nodeName === '' ? {} : { nodeName }),
  };
}

function podStatus({ view, previous }: PodInput): object {
  const isLost = view.state === 'Lost';
  const hostIp = parseHostPort(view.address)?.host ?? '';
  const podIp = view.place?.podIp || hostIp;
  const startTime = formatConditionTime(view.createdAtMs);
  const lost = {
    reason: 'WorkerLost',
    message: `nothing was heard of the worker since ${formatConditionTime(view.lastSeenMs)}`,
  };
  return {
    phase: isLost ? 'Unknown' : 'Running',
    ...(isLost ? lost : {}),
    conditions: podConditions(view, conditionsOf(previous?.status)),
    ...(hostIp === '' ? {} : { hostIP: hostIp }),
    ...(podIp === '' ? {} : { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime,
    qosClass: 'BestEffort',
    containerStatuses: [containerStatus(view)],
  };
}

function containerStatus(view: WorkerView): object {
  const startedAtMs = view.place?.startedAtMs || view.createdAtMs;
  const isLost = view.state === 'Lost';
  return {
    name: 'agentgateway',
    ready: isReady(view),
    started: !isLost,
    restartCount: view.restarts,
    image: imageOf(view),
    imageID: '',
    state: isLost
      ? { waiting: { reason: 'WorkerLost' } }
      : { running: { startedAt: formatConditionTime(startedAtMs) } },
  };
}

/** Each as of when the worker's own facts began, not of when somebody looked. */
function podConditions(view: WorkerView, previous: readonly Condition[]): readonly Condition[] {
  const ready = findReady(view);
  const inForce = findInForce(view);
  const runs = ['Initialized', 'PodScheduled'].map((type) =>
    finding(type, 'True', 'Running', 'the worker runs'),
  );
  const stamp = (findings: readonly Finding[], atMs: number): readonly Condition[] => {
    const now = formatConditionTime(atMs);
    return stampConditions(findings, { generation: undefined, now, previous });
  };
  const inForceMs = inForce.status === 'True' ? view.inForceSinceMs : view.lastSeenMs;
  return [
    ...stamp(runs, view.createdAtMs),
    ...stamp(
      [{ ...ready, type: 'ContainersReady' }, ready],
      ready.status === 'True' ? view.connectedAtMs : view.lastSeenMs,
    ),
    ...stamp([inForce], inForceMs),
  ].sort((a, b) => compareText(a.type, b.type));
}

function findReady(view: WorkerView): Finding {
  if (isReady(view)) {
    return finding(
      'Ready',
      'True',
      'Connected',
      'the worker is connected and has accepted a version',
    );
  }
  return view.state === 'Lost'
    ? finding('Ready', 'False', 'WorkerLost', 'the worker is not connected')
    : finding('Ready', 'False', 'NothingAccepted', 'the worker has not accepted a version yet');
}

function findInForce({ desired, inForce, state }: WorkerView): Finding {
  const type = 'heartline.dev/InForce';
  if (state !== 'Lost' && desired !== '' && inForce === desired && state !== 'Rejected') {
    return finding(type, 'True', 'InForce', `version ${desired} is in force, read back`);
  }
  const has = inForce === '' ? 'no version' : `version ${inForce}`;
  return finding(
    type,
    'False',
    state,
    `${has} is in force; version ${desired || 'none'} is wanted`,
  );
}

/** `kubectl describe pod` shows these as they are. */
function annotationsOf(view: WorkerView): { readonly [key: string]: string } {
  const { namespace, name } = view.worker.gateway;
  const facts: readonly [name: string, value: string][] = [
    ['accepted', view.accepted],
    ['desired', view.desired],
    ['gateway', `${namespace}/${name}`],
    ['in-force', view.inForce],
    ['in-force-since', view.inForceSinceMs > 0 ? new Date(view.inForceSinceMs).toISOString() : ''],
    ['problems', lines(view.problems)],
    ['rejected', lines(view.rejected)],
    ['sent', view.sent],
    ['state', view.state],
    ['worker', view.worker.key],
  ];
  return Object.fromEntries(
    facts
      .filter(([, value]) => value !== '')
      .map(([fact, value]) => [`heartline.dev/${fact}`, value]),
  );
}

const MAX_QUOTED_CHARS = 300;
const MAX_LINES = 10;

function lines(
  problems: readonly { readonly resource: string; readonly message: string }[],
): string {
  const said = problems
    .slice(0, MAX_LINES)
    .map(({ resource, message }) => `${resource}: ${message.slice(0, MAX_QUOTED_CHARS)}`);
  const more = problems.length - said.length;
  return [...said, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
