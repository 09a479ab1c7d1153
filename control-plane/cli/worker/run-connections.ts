// SPDX-License-Identifier: Apache-2.0
import { type ConnectionRow, readConnections } from '../client/admin-client.js';
import { workerAdminOf } from '../kubeconfig/load.js';
import { formatAge } from '../output/age.js';
import { type OutputFormat, renderValue } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { Terminal } from '../terminal.js';

export interface ConnectionsFlags {
  readonly output: OutputFormat;
  readonly adminAddr?: string;
  readonly kubeconfig?: string;
}

/** `heartline connections`. */
export async function runConnections(terminal: Terminal, flags: ConnectionsFlags): Promise<number> {
  const connections = await readConnections(workerAdminOf(terminal, flags));
  if (flags.output === 'table') terminal.out(renderConnections(connections));
  else terminal.out(renderValue({ connections }, flags.output));
  return 0;
}

export function renderConnections(rows: readonly ConnectionRow[]): string {
  const inForce = rows.filter((row) => row.inForce).length;
  const total = `${rows.length} connection${rows.length === 1 ? '' : 's'}, ${inForce} in force`;
  if (rows.length === 0) return 'no connection is open';
  const table = renderTable(
    [
      'ID',
      'SIDE',
      'LISTENER',
      'PROTO',
      'PEER',
      'STATE',
      'AGE',
      'IDLE',
      'KEEPALIVE',
      'VERSION',
      'IN FORCE',
    ],
    rows.map((row) => [
      String(row.id),
      row.side,
      row.bindKey,
      row.protocol,
      row.peer,
      row.state,
      formatAge(row.ageMs),
      formatAge(row.idleMs),
      keepaliveCell(row),
      row.version,
      row.inForce ? 'yes' : 'no',
    ]),
  );
  return `${table}\n${total}`;
}

/** on/idle/interval/probes, as `ss` and the policies count them. */
function keepaliveCell({ keepalive }: ConnectionRow): string {
  if (keepalive === undefined) return '';
  const { enabled, idleSeconds, intervalSeconds, probes } = keepalive;
  return [enabled ? 1 : 0, idleSeconds, intervalSeconds, probes].join('/');
}
