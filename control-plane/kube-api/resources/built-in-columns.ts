// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../../log/transaction.js';
import type { Kind } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { AGE_COLUMN, type Cell, NAME_COLUMN, type PrinterColumn } from './printer-column.js';

/** The fields of built-in kinds that their columns show; admission made sure of the shapes. */
interface BuiltInObject {
  readonly addressType?: string;
  readonly data?: object;
  readonly endpoints?: readonly { readonly addresses?: readonly string[] }[];
  readonly ports?: readonly { readonly port?: number | null }[];
  readonly spec?: ServiceSpec;
  readonly status?: { readonly phase?: string; readonly loadBalancer?: LoadBalancer };
  readonly type?: string;
}

interface ServiceSpec {
  readonly type?: string;
  readonly clusterIP?: string;
  readonly externalIPs?: readonly string[];
  readonly externalName?: string;
  readonly ports?: readonly ServicePort[];
  readonly selector?: { readonly [label: string]: string };
}

interface ServicePort {
  readonly port: number;
  readonly nodePort?: number;
  readonly protocol?: string;
}

interface LoadBalancer {
  readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
}

/** The columns that the Kubernetes API server has in its code, by kind; undefined for other kinds. */
export function builtInColumns({ group, kind }: Kind): readonly PrinterColumn[] | undefined {
  const own = COLUMNS.get(`${group}/${kind}`);
  return own && [NAME_COLUMN, ...own];
}

const NONE = '<none>';

const COLUMNS: ReadonlyMap<string, readonly PrinterColumn[]> = new Map([
  [
    '/Service',
    [
      text('Type', 'How the Service is reached.', ({ spec }) => spec?.type ?? 'ClusterIP'),
      text('Cluster-IP', 'Its address in the cluster.', ({ spec }) => spec?.clusterIP || NONE),
      text('External-IP', 'Its addresses outside of the cluster.', externalAddresses),
      text('Port(s)', 'Ports and protocols.', ({ spec }) => joined(spec?.ports?.map(showPort))),
      AGE_COLUMN,
      {
        ...text('Selector', 'Labels of its pods.', ({ spec }) => showLabels(spec?.selector)),
        priority: 1,
      },
    ],
  ],
  [
    '/Secret',
    [
      text('Type', 'What the values are for.', ({ type }) => type ?? 'Opaque'),
      count('Data', 'How many values it has.', ({ data }) => Object.keys(data ?? {}).length),
      AGE_COLUMN,
    ],
  ],
  ['/Namespace', [text('Status', 'Its phase.', ({ status }) => status?.phase ?? ''), AGE_COLUMN]],
  [
    'discovery.k8s.io/EndpointSlice',
    [
      text('AddressType', 'Of every endpoint.', ({ addressType }) => addressType ?? ''),
      text('Ports', 'Of every endpoint.', ({ ports }) =>
        firstThree(ports?.map(({ port }) => (port == null ? '*' : String(port)))),
      ),
      text('Endpoints', 'Addresses.', ({ endpoints }) =>
        firstThree(endpoints?.flatMap(({ addresses = [] }) => addresses)),
      ),
      AGE_COLUMN,
    ],
  ],
]);

function text(
  name: string,
  description: string,
  read: (object: BuiltInObject) => string,
): PrinterColumn {
  return column('string', name, description, read);
}

function count(
  name: string,
  description: string,
  read: (object: BuiltInObject) => number,
): PrinterColumn {
  return column('integer', name, description, read);
}

function column(
  type: PrinterColumn['type'],
  name: string,
  description: string,
  read: (object: BuiltInObject) => Cell,
): PrinterColumn {
  return {
    ...{ name, type, format: '', description, priority: 0 },
    read: (object: KubeObject<JsonValue, JsonValue>) => read(object as unknown as BuiltInObject),
  };
}

function externalAddresses({ spec, status }: BuiltInObject): string {
  const { type, externalIPs = [], externalName } = spec ?? {};
  if (type === 'ExternalName') return externalName ?? NONE;
  if (type !== 'LoadBalancer') return joined(externalIPs);
  const given = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname);
  return [...given, ...externalIPs].join(',') || '<pending>';
}

function showPort({ port, nodePort, protocol = 'TCP' }: ServicePort): string {
  return nodePort === undefined ? `${port}/${protocol}` : `${port}:${nodePort}/${protocol}`;
}

function showLabels(labels: { readonly [label: string]: string } = {}): string {
  return joined(
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  );
}

function joined(parts: readonly string[] = []): string {
  return parts.join(',') || NONE;
}

function firstThree(parts: readonly string[] = []): string {
  if (parts.length === 0) return '<unset>';
  const rest = parts.length > 3 ? ` + ${parts.length - 3} more...` : '';
  return `${parts.slice(0, 3).join(',')}${rest}`;
}
