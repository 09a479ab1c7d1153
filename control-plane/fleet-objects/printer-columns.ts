// SPDX-License-Identifier: Apache-2.0
import { humanAge } from '../kube-api/resources/human-age.js';
import {
  AGE_COLUMN,
  type Cell,
  NAME_COLUMN,
  type PrinterColumn,
} from '../kube-api/resources/printer-column.js';
import type { KubeObject } from '../policy/kube-object.js';

/** The parts of pods, deployments and events that their columns show; our builders made sure of the shapes. */
interface Shown {
  readonly spec?: {
    readonly nodeName?: string;
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: { readonly [label: string]: string } };
    readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } };
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
  readonly source?: { readonly component?: string };
  readonly firstTimestamp?: string;
  readonly lastTimestamp?: string;
  readonly count?: number;
}

interface Container {
  readonly name: string;
  readonly image: string;
}

interface ContainerStatus {
  readonly ready: boolean;
  readonly restartCount: number;
}

const NONE = '<none>';

/** As the Kubernetes API server prints pods. */
export const POD_COLUMNS: readonly PrinterColumn[] = [
  NAME_COLUMN,
  text('Ready', 'Ready containers, of all.', ({ status }) => {
    const all = status?.containerStatuses ?? [];
    return `${all.filter(({ ready }) => ready).length}/${all.length}`;
  }),
  text('Status', 'Running, or why not.', ({ status }) => status?.reason ?? status?.phase ?? ''),
  text('Restarts', 'Starts that were seen, less one.', ({ status }) =>
    String(status?.containerStatuses?.[0]?.restartCount ?? 0),
  ),
  AGE_COLUMN,
  wide('IP', 'The address its own ports are bound to.', ({ status }) => status?.podIP ?? NONE),
  wide('Node', 'The machine it runs on.', ({ spec }) => spec?.nodeName ?? NONE),
  wide('Nominated Node', 'None: it runs.', () => NONE),
  wide('Readiness Gates', 'None.', () => NONE),
];

/** As the Kubernetes API server prints deployments. */
export const DEPLOYMENT_COLUMNS: readonly PrinterColumn[] = [
  NAME_COLUMN,
  text(
    'Ready',
    'Workers that are connected and took a version, of all.',
    ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
  ),
  count(
    'Up-to-date',
    'Workers that have the version they should run in force.',
    ({ status }) => status?.updatedReplicas ?? 0,
  ),
  count('Available', 'Workers that are ready.', ({ status }) => status?.availableReplicas ?? 0),
  AGE_COLUMN,
  wide('Containers', 'Names.', (object) => containers(object, 'name')),
  wide('Images', 'Programs and versions.', (object) => containers(object, 'image')),
  wide('Selector', 'Labels of its pods.', ({ spec }) =>
    Object.entries(spec?.selector?.matchLabels ?? {})
      .map(([label, value]) => `${label}=${value}`)
      .sort()
      .join(','),
  ),
];

/** As the Kubernetes API server prints events. */
export const EVENT_COLUMNS: readonly PrinterColumn[] = [
  {
    ...text('Last Seen', 'When it happened last.', () => ''),
    read: (object, nowMs) => humanAge(shown(object).lastTimestamp, nowMs),
  },
  text('Type', 'Normal or Warning.', ({ type }) => type ?? ''),
  text('Reason', 'What happened.', ({ reason }) => reason ?? ''),
  text(
    'Object',
    'What it happened to.',
    ({ involvedObject }) => `${involvedObject?.kind?.toLowerCase()}/${involvedObject?.name}`,
  ),
  wide('Subobject', 'A part of it; none.', () => ''),
  wide('Source', 'Who tells it.', ({ source }) => source?.component ?? ''),
  text('Message', 'What happened, in a sentence.', ({ message }) => message ?? ''),
  {
    ...wide('First Seen', 'When it happened first.', () => ''),
    read: (object, nowMs) => humanAge(shown(object).firstTimestamp, nowMs),
  },
  { ...count('Count', 'How often.', ({ count: often }) => often ?? 1), priority: 1 },
  { ...NAME_COLUMN, priority: 1 },
];

function containers({ spec }: Shown, field: keyof Container): string {
  return (spec?.template?.spec?.containers ?? []).map((one) => one[field]).join(',');
}

function text(name: string, description: string, read: (object: Shown) => string): PrinterColumn {
  return column('string', name, description, read);
}

function wide(name: string, description: string, read: (object: Shown) => string): PrinterColumn {
  return { ...text(name, description, read), priority: 1 };
}

function count(name: string, description: string, read: (object: Shown) => number): PrinterColumn {
  return column('integer', name, description, read);
}

function column(
  type: PrinterColumn['type'],
  name: string,
  description: string,
  read: (object: Shown) => Cell,
): PrinterColumn {
  return {
    ...{ name, type, format: '', description, priority: 0 },
    read: (object) => read(shown(object)),
  };
}

function shown(object: KubeObject): Shown {
  return object as unknown as Shown;
}
