// SPDX-License-Identifier: Apache-2.0
import type { Connection } from './connection.js';

const MAPPED_IPV4 = '::ffff:';

/**
 * IP address of who is at the other end, without port and brackets: what the PROXY protocol said, else the peer. Empty once
 * the socket is closed.
 */
export function clientAddress({ client, socket }: Pick<Connection, 'client' | 'socket'>): string {
  if (client !== undefined) return hostOf(client);
  const address = socket.remoteAddress ?? '';
  return address.startsWith(MAPPED_IPV4) ? address.slice(MAPPED_IPV4.length) : address;
}

/** Of `host:port` or `[host]:port`. */
function hostOf(hostPort: string): string {
  const host = hostPort.slice(0, hostPort.lastIndexOf(':'));
  return host.startsWith('[') ? host.slice(1, -1) : host;
}
