// SPDX-License-Identifier: Apache-2.0
import type { ConnectionQuery } from '../engine/engine.js';
import { rangeTest } from './address-range.js';
import { type Connection, isInForce } from './connection.js';

/** What a filter asks of a socket only when it must: each costs a system call or more. */
export interface SocketFacts {
  readonly nowMs: number;
  /** Milliseconds; −1 when the kernel cannot say. */
  sinceLastByteMs(fd: number): number;
}

export type ConnectionFilter = (connection: Connection, facts: SocketFacts) => boolean;

/** The conditions of a query as one function; the dear ones are asked last. */
export function connectionFilter(query: ConnectionQuery): ConnectionFilter {
  const inPeers = query.peer && rangeTest(query.peer);
  const inClients = query.client && rangeTest(query.client);
  return (connection, facts) => {
    if (!matchesFields(connection, query)) return false;
    const { olderThanMs, idleLongerThanMs } = query;
    if (olderThanMs !== undefined && facts.nowMs - connection.bornMs <= olderThanMs) return false;
    if (inPeers !== undefined && !inPeers(connection.socket.remoteAddress)) return false;
    if (inClients !== undefined && !inClients(clientAddress(connection))) return false;
    if (idleLongerThanMs === undefined) return true;
    return facts.sinceLastByteMs(connection.handle.fd) > idleLongerThanMs;
  };
}

function matchesFields(connection: Connection, query: ConnectionQuery): boolean {
  const { group } = connection;
  const inForce = isInForce(connection);
  return (
    isOne(query.side, group.side) &&
    isOne(query.bindKey, group.key) &&
    isOne(query.listener, connection.listener) &&
    isOne(query.protocol, connection.protocol) &&
    isOne(query.state, connection.state) &&
    isOne(query.inForce, inForce) &&
    isOne(query.version, inForce ? group.version : '') &&
    isOne(query.settling, connection.settling) &&
    isOne(query.deferred, connection.deferred) &&
    isOne(query.settingsPending, connection.settingsPending)
  );
}

function isOne<T>(wanted: T | undefined, actual: T): boolean {
  return wanted === undefined || wanted === actual;
}

function clientAddress({ client, socket }: Connection): string | undefined {
  if (client === undefined) return socket.remoteAddress;
  const host = client.slice(0, client.lastIndexOf(':'));
  return host.startsWith('[') ? host.slice(1, -1) : host;
}
