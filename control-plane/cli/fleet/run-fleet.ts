// SPDX-License-Identifier: Apache-2.0
import { formatNamespacedName } from '../../../shared/names/gateway-name.js';
import type { WorkerObject } from '../../kube-api/worker-object.js';
import { createApiClient } from '../client/api-client.js';
import { loadConnection } from '../kubeconfig/load.js';
import { ageOf } from '../output/age.js';
import { type OutputFormat, renderValue } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { Terminal } from '../terminal.js';

export interface FleetFlags {
  readonly output: OutputFormat;
  readonly kubeconfig?: string;
}

/** `heartline fleet`. */
export async function runFleet(terminal: Terminal, flags: FleetFlags): Promise<number> {
  const workers = await createApiClient(loadConnection(terminal, flags.kubeconfig)).workers();
  if (flags.output !== 'table') terminal.out(renderValue(workers, flags.output));
  else if (workers.items.length === 0) terminal.out('no worker is connected');
  else terminal.out(renderFleet(workers.items, Date.now()));
  return 0;
}

/** The table, and under it what workers complain about. */
export function renderFleet(workers: readonly WorkerObject[], nowMs: number): string {
  const table = renderTable(
    [
      'WORKER',
      'GATEWAY',
      'STATE',
      'SENT',
      'ACCEPTED',
      'IN FORCE',
      'CONNECTIONS',
      'SINCE',
      'LAST SEEN',
    ],
    workers.map(({ spec, status }) => [
      formatNamespacedName(spec.pod),
      formatNamespacedName(spec.gateway),
      status.state,
      status.sent,
      status.accepted,
      status.inForce,
      status.connections === undefined
        ? ''
        : `${status.connections.inForce}/${status.connections.open}`,
      ageOf(status.inForceSince, nowMs),
      `${ageOf(status.lastSeen, nowMs)} ago`,
    ]),
  );
  const problems = workers.flatMap(({ spec, status }) =>
    status.problems.map(({ resource, message }) => {
      const subject = resource === '' ? '' : `${resource}: `;
      return `${formatNamespacedName(spec.pod)}: ${subject}${message}`;
    }),
  );
  return [table, ...problems].join('\n');
}
