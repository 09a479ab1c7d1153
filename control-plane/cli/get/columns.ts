// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../policy/kube-object.js';
import { ageOf } from '../output/age.js';

/** What a table shows of one kind between NAME and AGE. */
interface Column {
  readonly title: string;
  readonly cell: (object: KubeObject) => string;
}

const CONDITION_TYPES = { ACCEPTED: 'Accepted', ATTACHED: 'Attached', INFORCE: 'InForce' } as const;

/** Columns by kind; a kind that is not listed shows its name and age only. */
const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  AgentgatewayPolicy: Object.entries(CONDITION_TYPES).map(([title, type]) => ({
    title,
    cell: (object) => conditionCell(object, type),
  })),
  Gateway: [
    { title: 'CLASS', cell: ({ spec }) => text(at(spec, 'gatewayClassName')) },
    {
      title: 'LISTENERS',
      cell: ({ spec }) =>
        items(at(spec, 'listeners'))
          .map((listener) => `${text(at(listener, 'name'))}:${text(at(listener, 'port'))}`)
          .join(','),
    },
  ],
  GatewayClass: [
    { title: 'CONTROLLER', cell: ({ spec }) => text(at(spec, 'controllerName')) },
    { title: 'ACCEPTED', cell: (object) => conditionCell(object, 'Accepted') },
  ],
  HTTPRoute: [
    { title: 'HOSTNAMES', cell: ({ spec }) => items(at(spec, 'hostnames')).map(text).join(',') },
    { title: 'PARENTS', cell: parents },
  ],
  TCPRoute: [{ title: 'PARENTS', cell: parents }],
  Service: [
    { title: 'TYPE', cell: ({ spec }) => text(at(spec, 'type')) },
    {
      title: 'PORTS',
      cell: ({ spec }) =>
        items(at(spec, 'ports'))
          .map((port) => `${text(at(port, 'port'))}/${text(at(port, 'protocol'))}`)
          .join(','),
    },
  ],
  EndpointSlice: [
    { title: 'ADDRESSTYPE', cell: (slice) => text(at(slice, 'addressType')) },
    { title: 'ENDPOINTS', cell: (slice) => String(items(at(slice, 'endpoints')).length) },
  ],
  Secret: [
    { title: 'TYPE', cell: (secret) => text(at(secret, 'type')) },
    { title: 'DATA', cell: (secret) => String(Object.keys(at(secret, 'data') ?? {}).length) },
  ],
  AgentgatewayBackend: [
    {
      title: 'TARGET',
      cell: ({ spec }) => {
        const target = at(spec, 'static');
        return target === undefined
          ? ''
          : `${text(at(target, 'host'))}:${text(at(target, 'port'))}`;
      },
    },
  ],
};

export interface ObjectTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function objectTable(
  objects: readonly KubeObject[],
  kind: string,
  nowMs: number,
): ObjectTable {
  const own = COLUMNS[kind] ?? [];
  return {
    columns: ['NAMESPACE', 'NAME', ...own.map(({ title }) => title), 'AGE'],
    rows: objects.map((object) => [
      object.metadata.namespace ?? '',
      object.metadata.name,
      ...own.map(({ cell }) => cell(object)),
      ageOf(object.metadata.creationTimestamp, nowMs),
    ]),
  };
}

/** `True`, or the status with its reason: `False (RollingOut)`. The worst ancestor speaks for all. */
function conditionCell(object: KubeObject, type: string): string {
  const direct = items(at(object.status, 'conditions'));
  const ofAncestors = items(at(object.status, 'ancestors')).flatMap((ancestor) =>
    items(at(ancestor, 'conditions')),
  );
  const conditions = (direct.length > 0 ? direct : ofAncestors).filter(
    (condition) => at(condition, 'type') === type,
  );
  const worst =
    conditions.find((condition) => at(condition, 'status') === 'False') ??
    conditions.find((condition) => at(condition, 'status') !== 'True') ??
    conditions[0];
  if (worst === undefined) return '';
  const status = text(at(worst, 'status'));
  return status === 'True' ? status : `${status} (${text(at(worst, 'reason'))})`;
}

function parents({ spec }: KubeObject): string {
  return items(at(spec, 'parentRefs'))
    .map((parent) => {
      const section = at(parent, 'sectionName');
      const name = text(at(parent, 'name'));
      return section === undefined ? name : `${name}/${text(section)}`;
    })
    .join(',');
}

function at(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
