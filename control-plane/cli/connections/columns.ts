// SPDX-License-Identifier: Apache-2.0
import type { ConnectionRow } from '../client/admin-client.js';
import { formatAge } from '../output/age.js';
import { renderTable } from '../output/table.js';

interface Column {
  readonly head: string;
  readonly cell: (row: ConnectionRow) => string;
}

const IDENTITY: readonly Column[] = [
  { head: 'ID', cell: ({ id }) => String(id) },
  { head: 'SIDE', cell: ({ side }) => side },
  { head: 'LISTENER', cell: ({ listener }) => listener },
  { head: 'PROTO', cell: ({ protocol }) => protocol },
  { head: 'PEER', cell: ({ peer }) => peer },
];
const WIDE_IDENTITY: readonly Column[] = [
  { head: 'CLIENT', cell: ({ client, peer }) => (client === peer ? '' : client) },
  { head: 'BIND', cell: ({ bindKey }) => bindKey },
];
const LIFE: readonly Column[] = [
  { head: 'STATE', cell: ({ state }) => state },
  { head: 'AGE', cell: ({ ageMs }) => formatAge(ageMs) },
  { head: 'IDLE', cell: ({ idleMs }) => formatAge(idleMs) },
];
const WIDE_LIFE: readonly Column[] = [
  { head: 'REQUESTS', cell: ({ requests }) => String(requests) },
  { head: 'READ', cell: ({ bytesRead }) => String(bytesRead) },
  { head: 'WRITTEN', cell: ({ bytesWritten }) => String(bytesWritten) },
  { head: 'PING', cell: pingCell },
  { head: 'RTT', cell: ({ tcp }) => (tcp === undefined ? '' : roundTrip(tcp.roundTripMs)) },
  { head: 'UNACKED', cell: ({ tcp }) => (tcp === undefined ? '' : String(tcp.unackedSegments)) },
  { head: 'UNSENT', cell: ({ tcp }) => (tcp === undefined ? '' : String(tcp.notSentBytes)) },
  { head: 'TCP', cell: ({ tcp }) => tcp?.state ?? '' },
];
const TRUTH: readonly Column[] = [
  { head: 'KEEPALIVE', cell: keepaliveCell },
  { head: 'VERSION', cell: ({ version }) => version },
  { head: 'IN FORCE', cell: inForceCell },
];

const COLUMNS: Readonly<Record<'table' | 'wide', readonly Column[]>> = {
  table: [...IDENTITY, ...LIFE, ...TRUTH],
  wide: [...IDENTITY, ...WIDE_IDENTITY, ...LIFE, ...WIDE_LIFE, ...TRUTH],
};

/** The table and, under it, how many there are. */
export function renderConnections(
  rows: readonly ConnectionRow[],
  output: 'table' | 'wide',
): string {
  if (rows.length === 0) return 'no connection is open';
  return `${connectionsTable(rows, output)}\n${connectionsTotal(rows)}`;
}

export function connectionsTable(rows: readonly ConnectionRow[], output: 'table' | 'wide'): string {
  const columns = COLUMNS[output];
  return renderTable(
    columns.map(({ head }) => head),
    rows.map((row) => columns.map(({ cell }) => cell(row))),
  );
}

export function connectionsTotal(rows: readonly ConnectionRow[]): string {
  const inForce = rows.filter((row) => row.inForce).length;
  return `${rows.length} connection${rows.length === 1 ? '' : 's'}, ${inForce} in force`;
}

/** on/idle/interval/probes, as `ss` and the policies count them. */
export function keepaliveCell({ keepalive }: ConnectionRow): string {
  if (keepalive === undefined) return '';
  const { enabled, idleSeconds, intervalSeconds, probes } = keepalive;
  return [enabled ? 1 : 0, idleSeconds, intervalSeconds, probes].join('/');
}

/** What holds a connection back, or what of it is still to come. */
export function inForceCell(row: ConnectionRow): string {
  if (row.settling) return 'settling';
  if (!row.inForce) return 'no';
  if (row.deferred) return 'yes, deferred';
  return row.settingsPending ? 'yes, settings pending' : 'yes';
}

function pingCell({ lastPing }: ConnectionRow): string {
  if (lastPing === undefined) return '';
  const { sentAgoMs, roundTripMs } = lastPing;
  if (roundTripMs === undefined) return `waits ${formatAge(sentAgoMs)}`;
  return `${roundTrip(roundTripMs)} ${formatAge(sentAgoMs)} ago`;
}

function roundTrip(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)}ms` : formatAge(ms);
}
