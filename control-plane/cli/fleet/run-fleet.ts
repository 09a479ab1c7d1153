// SPDX-License-Identifier: Apache-2.0
import { formatNamespacedName } from '../../../shared/names/gateway-name.js';
import type { WorkerObject } from '../../fleet-objects/worker-object.js';
import { createApiClient } from '../client/api-client.js';
import { loadConnection } from '../kubeconfig/load.js';
import { ageOf } from '../output/age.js';
import { type OutputFormat, renderValue } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { Terminal } from '../terminal.js';

export interface FleetFlags {
  readonly output: OutputFormat | 'wide';
  readonly kubeconfig?: string;
}

/** `heartline fleet`. */
export async function runFleet(terminal: Terminal, flags: FleetFlags): Promise<number> {
  const { output } = flags;
  const workers = await createApiClient(loadConnection(terminal, flags.kubeconfig)).workers();
  if (output === 'json' || output === 'yaml') terminal.out(renderValue(workers, output));
  else if (workers.items.length === 0) terminal.out('no worker is connected');
  else terminal.out(renderFleet(workers.items, Date.now(), output));
  return 0;
}

/** The table, and under it what workers complain about; `wide` says of each complaint what kind it is and since when. */
export function renderFleet(
  workers: readonly WorkerObject[],
  nowMs: number,
  output: 'table' | 'wide',
): string {
  const columns = output === 'wide' ? [...COLUMNS, ...WIDE_COLUMNS] : COLUMNS;
  const table = renderTable(
    columns.map(({ head }) => head),
    workers.map((worker) => columns.map(({ cell }) => cell(worker, nowMs))),
  );
  const isRejected = workers.some(({ status }) => status.rejected.length > 0);
  if (output === 'wide' && isRejected) return `${table}\n\n${renderRejected(workers, nowMs)}`;
  return [table, ...workers.flatMap(complaints)].join('\n');
}

interface Column {
  readonly head: string;
  readonly cell: (worker: WorkerObject, nowMs: number) => string;
}

const COLUMNS: readonly Column[] = [
  { head: 'WORKER', cell: nameOf },
  { head: 'GATEWAY', cell: ({ spec }) => formatNamespacedName(spec.gateway) },
  { head: 'STATE', cell: ({ status }) => status.state },
  { head: 'SENT', cell: ({ status }) => status.sent },
  { head: 'ACCEPTED', cell: ({ status }) => status.accepted },
  { head: 'IN FORCE', cell: ({ status }) => status.inForce },
  {
    head: 'CONNECTIONS',
    cell: ({ status: { connections } }) =>
      connections === undefined ? '' : `${connections.inForce}/${connections.open}`,
  },
  { head: 'SINCE', cell: ({ status }, nowMs) => ageOf(status.inForceSince, nowMs) },
  { head: 'LAST SEEN', cell: ({ status }, nowMs) => `${ageOf(status.lastSeen, nowMs)} ago` },
];

const WIDE_COLUMNS: readonly Column[] = [
  { head: 'DESIRED', cell: ({ status }) => status.desired },
  { head: 'SETTLING', cell: ({ status }) => String(status.connections?.settling ?? '') },
  { head: 'DRIFTED', cell: ({ status }) => String(status.connections?.drifted ?? '') },
  { head: 'REJECTED', cell: ({ status }) => String(status.rejected.length) },
  { head: 'BUILD', cell: ({ spec }) => spec.build },
  { head: 'ADDRESS', cell: ({ spec }) => spec.address },
];

/** A pod is what people look for; a worker without one is known by its node. */
function nameOf({ spec }: WorkerObject): string {
  return spec.pod.name === '' ? spec.nodeId : formatNamespacedName(spec.pod);
}

function renderRejected(workers: readonly WorkerObject[], nowMs: number): string {
  const rows = workers.flatMap((worker) =>
    worker.status.rejected.map((one) => [
      nameOf(worker),
      one.resource,
      one.class,
      ageOf(one.since, nowMs),
      one.reason,
    ]),
  );
  return renderTable(['WORKER', 'REJECTED RESOURCE', 'CLASS', 'SINCE', 'REASON'], rows);
}

function complaints(worker: WorkerObject): string[] {
  return worker.status.problems.map(({ resource, message }) => {
    const subject = resource === '' ? '' : `${resource}: `;
    return `${nameOf(worker)}: ${subject}${message}`;
  });
}
