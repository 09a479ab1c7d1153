// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { BindPlan } from '../engine/plan.js';
import { type Connection, endConnection, resetConnection } from '../listeners/connection.js';
import type { ConnectionRegistry } from '../listeners/registry.js';
import { countAdmitted } from './access-counts.js';
import type { Authorization, ConnectionSource } from './network-authorization.js';
import { ProxyHandshake } from './proxy-handshake.js';
import type { ProxiedEnds } from './proxy-header.js';

/** What admission asks a bind for; read when it is needed, so the newest plan counts. */
export interface GuardedBind {
  readonly plan: Pick<BindPlan, 'proxyProtocol'>;
  /** Undefined: everybody may connect. */
  readonly authorization: Authorization | undefined;
}

export interface AdmissionOptions<B extends GuardedBind> {
  readonly registry: Pick<ConnectionRegistry, 'schedule'>;
  /** From accept to the end of the PROXY header, milliseconds. */
  readonly handshakeMs: number;
  /** The connection may be served. */
  readonly admitted: (connection: Connection, bind: B) => void;
}

/** From accept to the first byte of traffic: the PROXY header, then who may connect. */
export function admit<B extends GuardedBind>(
  connection: Connection,
  bind: B,
  options: AdmissionOptions<B>,
): void {
  const { proxyProtocol } = bind.plan;
  if (proxyProtocol === undefined) {
    authorize(connection, bind, undefined, options);
    return;
  }
  const { registry, handshakeMs } = options;
  const done = (proxied: ProxiedEnds | undefined): void =>
    authorize(connection, bind, proxied, options);
  new ProxyHandshake(connection, { proxyProtocol, handshakeMs, registry, done }).start();
}

function authorize<B extends GuardedBind>(
  connection: Connection,
  bind: B,
  proxied: ProxiedEnds | undefined,
  options: AdmissionOptions<B>,
): void {
  const { authorization } = bind;
  if (authorization !== undefined) {
    const ends = endsOf(connection.socket, proxied);
    if (ends === undefined) {
      endConnection(connection, 'client');
      return;
    }
    if (!authorization(ends.source, ends.destination)) {
      // RST: nothing was served, and neither side has to remember the connection.
      resetConnection(connection, 'denied');
      return;
    }
  }
  connection.admitted = countAdmitted(connection.group.access);
  options.admitted(connection, bind);
}

/** Undefined: the peer is gone already. */
function endsOf(
  { remoteAddress, remotePort, localAddress, localPort }: Socket,
  proxied: ProxiedEnds | undefined,
) {
  if (remoteAddress === undefined || localAddress === undefined) return undefined;
  const rawAddress = plainAddress(remoteAddress);
  const rawPort = remotePort ?? 0;
  const { address, port } = proxied?.source ?? { address: rawAddress, port: rawPort };
  const source: ConnectionSource = { address, port, rawAddress, rawPort };
  const own = { address: plainAddress(localAddress), port: localPort ?? 0 };
  return { source, destination: proxied?.destination ?? own };
}

const MAPPED_IPV4 = '::ffff:';

/** An IPv4 peer of a dual-stack socket as IPv4. */
function plainAddress(text: string): string {
  return text.startsWith(MAPPED_IPV4) && text.includes('.') ? text.slice(MAPPED_IPV4.length) : text;
}
