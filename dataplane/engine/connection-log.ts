// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import { type Connection, isInForce } from '../listeners/connection.js';
import { formatAddress } from '../listeners/connection-query.js';
import type { TcpKeepalive } from './plan.js';
import type { CloseCause } from './report.js';

export interface ConnectionLogOptions {
  /** Share of the ordinary ends that is written, 0 to 1; notable ones always are. */
  readonly share: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/** Ends that an operator may have to explain: a peer that died, one that we sent away, and what should not happen. */
const NOTABLE: ReadonlySet<CloseCause> = new Set([
  'denied',
  'error',
  'h2_ping_timeout',
  'handshake',
  'limit',
  'tcp_keepalive',
  'tcp_unacked',
]);
/** A flood must not become one of the log: those above it are counted in the next line. */
const NOTABLE_PER_SECOND = 100;

/** Whether an end is written whatever share of the ordinary ones is. */
function isNotable(cause: CloseCause): boolean {
  return NOTABLE.has(cause);
}

/** One line for each ended connection that is chosen; nothing is kept for the others but their peer's address. */
export class ConnectionLog {
  readonly #options: ConnectionLogOptions;
  #secondBeganMs = Number.NEGATIVE_INFINITY;
  #written = 0;
  #suppressed = 0;

  constructor(options: ConnectionLogOptions) {
    this.#options = options;
  }

  /** Node asks the kernel for the peer's address when it is asked first, and cannot once the connection has ended. */
  added({ socket }: Connection): void {
    void socket.remoteAddress;
  }

  ended(connection: Connection, cause: CloseCause): void {
    const { clock, logger, random, share } = this.#options;
    const nowMs = clock.monotonicMs();
    const isWritten = isNotable(cause) ? this.#hasRoom(nowMs) : share > 0 && random() < share;
    if (!isWritten) return;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    const line = describeEnd(connection, cause, nowMs);
    logger.info(suppressed === 0 ? line : { ...line, suppressed }, 'connection ended');
  }

  #hasRoom(nowMs: number): boolean {
    if (nowMs - this.#secondBeganMs >= 1000) {
      this.#secondBeganMs = nowMs;
      this.#written = 0;
    }
    this.#written += 1;
    if (this.#written <= NOTABLE_PER_SECOND) return true;
    this.#suppressed += 1;
    return false;
  }
}

/** Times in whole milliseconds, round trips in fractions; what is not known is left out. */
function describeEnd(connection: Connection, cause: CloseCause, nowMs: number): object {
  const { group, socket, lastPing, sampledRoundTripMs } = connection;
  const peer = formatAddress(socket.remoteAddress, socket.remotePort);
  return {
    id: connection.id,
    side: group.side,
    bind: group.key,
    listener: connection.listener,
    protocol: connection.protocol,
    peer,
    client: connection.client ?? peer,
    cause,
    ageMs: Math.round(nowMs - connection.bornMs),
    idleMs: idleMs(connection, nowMs),
    requests: connection.requests,
    bytesRead: socket.bytesRead,
    bytesWritten: socket.bytesWritten,
    version: isInForce(connection) ? group.version : '',
    keepalive: isInForce(connection) ? describeValues(group.target) : undefined,
    pingMs: lastPing?.roundTripMs,
    roundTripMs: sampledRoundTripMs < 0 ? undefined : sampledRoundTripMs,
  };
}

/** Known when no byte came after the sampler's last visit, and always when none ever came. */
function idleMs(connection: Connection, nowMs: number): number | undefined {
  const { bytesRead } = connection.socket;
  if (bytesRead === 0) return Math.round(nowMs - connection.bornMs);
  if (connection.sampledRead !== bytesRead) return undefined;
  return Math.round(nowMs - connection.sampledLastByteMs);
}

/** on/idle/interval/probes, as `heartline connections` shows them. */
function describeValues({ enabled, idleSeconds, intervalSeconds, probes }: TcpKeepalive): string {
  return [enabled ? 1 : 0, idleSeconds, intervalSeconds, probes].join('/');
}
