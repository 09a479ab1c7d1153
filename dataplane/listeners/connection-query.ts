// SPDX-License-Identifier: Apache-2.0
import type { ConnectionQuery } from '../engine/engine.js';
import type { ConnectionPage, ConnectionView, PingView } from '../engine/report.js';
import type { SocketOptions } from '../keepalive/socket-options.js';
import { type Connection, isInForce } from './connection.js';

/** Answers a page of connections in order of id; values are read from the kernel here and now. */
export function queryConnections(
  connections: readonly Connection[],
  query: ConnectionQuery,
  context: { readonly socketOptions: SocketOptions; readonly nowMs: number },
): ConnectionPage {
  const matching = connections.filter((connection) => matches(connection, query));
  const rest = matching.filter((connection) => connection.id > query.afterId);
  const page = smallestIds(rest, Math.max(1, query.limit));
  const views = page.map((connection) => viewOf(connection, context));
  const nextAfterId = rest.length > page.length ? page[page.length - 1]?.id : undefined;
  return { connections: views, nextAfterId, total: matching.length };
}

function matches(connection: Connection, query: ConnectionQuery): boolean {
  const { group } = connection;
  if (query.side !== undefined && group.side !== query.side) return false;
  return query.bindKey === undefined || group.key === query.bindKey;
}

/** The registry is unordered: a sort of bare numbers finds the last id of the page first. */
function smallestIds(connections: readonly Connection[], limit: number): Connection[] {
  const byId = (a: Connection, b: Connection): number => a.id - b.id;
  if (connections.length <= limit) return connections.slice().sort(byId);
  const ids = Float64Array.from(connections, (connection) => connection.id).sort();
  const lastId = ids[limit - 1] ?? 0;
  return connections.filter((connection) => connection.id <= lastId).sort(byId);
}

function viewOf(
  connection: Connection,
  context: { readonly socketOptions: SocketOptions; readonly nowMs: number },
): ConnectionView {
  const { socketOptions, nowMs } = context;
  const { group, socket } = connection;
  const { fd } = connection.handle;
  const reading = fd < 0 ? undefined : socketOptions.read(fd);
  const idleMs = fd < 0 ? -1 : socketOptions.sinceLastByteMs(fd);
  const ageMs = nowMs - connection.bornMs;
  const inForce = isInForce(connection);
  const peer = formatAddress(socket.remoteAddress, socket.remotePort);
  return {
    id: connection.id,
    side: group.side,
    bindKey: group.key,
    protocol: connection.protocol,
    peer,
    client: connection.client ?? peer,
    listener: connection.listener,
    local: formatAddress(socket.localAddress, socket.localPort),
    state: connection.state,
    ageMs,
    idleMs: idleMs < 0 ? ageMs : idleMs,
    version: inForce ? group.version : '',
    inForce,
    settling: connection.settling,
    deferred: connection.deferred,
    settingsPending: connection.settingsPending,
    keepalive: typeof reading === 'object' ? reading : undefined,
    lastPing: pingView(connection, nowMs),
    tcp: undefined,
    requests: connection.requests,
    bytesRead: socket.bytesRead,
    bytesWritten: socket.bytesWritten,
  };
}

function pingView({ lastPing }: Connection, nowMs: number): PingView | undefined {
  if (lastPing === undefined) return undefined;
  return { sentAgoMs: nowMs - lastPing.sentMs, roundTripMs: lastPing.roundTripMs };
}

const MAPPED_IPV4 = '::ffff:';

/** `host:port`; IPv4 peers of a dual-stack socket as IPv4, IPv6 in brackets. */
export function formatAddress(address: string | undefined, port: number | undefined): string {
  if (address === undefined || port === undefined) return '';
  if (address.startsWith(MAPPED_IPV4)) return `${address.slice(MAPPED_IPV4.length)}:${port}`;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
