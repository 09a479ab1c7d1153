// SPDX-License-Identifier: Apache-2.0
import type { HttpSettings } from '../engine/plan.js';
import type { CloseCause } from '../engine/report.js';
import type { PingOutcome } from '../engine/statistics.js';
import { ageDueMs, ageFloorMs } from '../keepalive/deadlines.js';
import {
  armPing,
  nextPingMs,
  onPingDue,
  onPong,
  PING_OFF,
  type PingSettings,
  type PingState,
} from '../keepalive/ping-machine.js';
import { emptyTcpInfo, TCP_CLOSE, TCP_CLOSE_WAIT } from '../keepalive/tcp-info.js';
import {
  type Connection,
  type ConnectionDriver,
  endConnection,
  type RetireRequest,
  resetConnection,
} from '../listeners/connection.js';
import type { ConnectionContext } from './connection-context.js';
import type { Http2Guard } from './http2-guard.js';
import type { Http2SessionPort } from './http2-session-port.js';
import { sameOnTheWire } from './http2-settings.js';

export interface Http2Context extends ConnectionContext {
  /** After `lastPing` was noted. */
  readonly onPing: (connection: Connection, outcome: PingOutcome) => void;
}

type Ending =
  | { readonly name: 'no' }
  /** GOAWAY was announced; the final one follows after a round trip, or at `finishMs`. */
  | { readonly name: 'announced'; readonly cause: CloseCause; readonly finishMs: number }
  | { readonly name: 'finishing' };

const NEVER = Number.POSITIVE_INFINITY;
/** A peer that does not answer the PING behind the first GOAWAY gets the final one after this. */
const ROUND_TRIP_MS = 1000;
/**
 * A look at the peer, one call a session; more often while something comes. nghttp2 answers some errors with GOAWAY and from then on
 * neither reads nor writes, without telling anybody: neither FIN nor RST would be seen, and a request that runs would
 * wait for ever. And frames that say nothing are seen in the count of bytes alone.
 */
const LOOK_IDLE_MS = 10_000;
const LOOK_BUSY_MS = 1000;
/** What arrived longer ago than this, and is not read, was not on its way while the loop came here. */
const UNREAD_MS = 100;

export interface Http2Parts {
  readonly session: Http2SessionPort;
  readonly guard: Http2Guard;
}

/** The life of one HTTP/2 connection: its PINGs, its settings, and its end. */
export class Http2Connection implements ConnectionDriver {
  readonly #connection: Connection;
  readonly #session: Http2SessionPort;
  readonly #guard: Http2Guard;
  readonly #context: Http2Context;
  #ping: PingState = PING_OFF;
  #ending: Ending = { name: 'no' };
  #streams = 0;
  #ageFloorMs = 0;
  #lookMs: number;
  #lookedMs = 0;
  #readAtLook = 0;
  readonly #tcp = emptyTcpInfo();

  constructor(connection: Connection, { session, guard }: Http2Parts, context: Http2Context) {
    this.#connection = connection;
    this.#session = session;
    this.#guard = guard;
    this.#context = context;
    this.#lookMs = context.clock.monotonicMs() + LOOK_BUSY_MS;
    this.#rearm(context.clock.monotonicMs());
    context.registry.schedule(connection, this.#nextDueMs());
  }

  get openStreams(): number {
    return this.#streams;
  }

  streamOpened(): void {
    this.#streams += 1;
    if (this.#connection.state === 'idle') this.#connection.state = 'busy';
  }

  streamClosed(): void {
    this.#streams -= 1;
    if (this.#streams === 0 && this.#connection.state === 'busy') this.#connection.state = 'idle';
  }

  onDeadline(nowMs: number): number {
    if (this.#connection.state === 'closing') return NEVER;
    if (this.#ending.name === 'announced' && nowMs >= this.#ending.finishMs) this.#finish();
    if (nowMs >= this.#ageDueMs()) this.retire({ cause: 'max_age', closeIdle: true });
    if (nowMs >= this.#lookMs) this.#lookAtPeer(nowMs);
    if (nowMs >= nextPingMs(this.#ping)) this.#onPingDue(nowMs);
    return this.#nextDueMs();
  }

  onSettings(previous: HttpSettings, next: HttpSettings, nowMs: number): number {
    if (!sameOnTheWire(previous, next)) this.#session.applySettings(next);
    const pingChanged =
      next.http2KeepaliveIntervalMs !== previous.http2KeepaliveIntervalMs ||
      next.http2KeepaliveTimeoutMs !== previous.http2KeepaliveTimeoutMs;
    if (pingChanged) this.#rearm(nowMs);
    const maxAgeMs = next.maxConnectionDurationMs;
    const overAge = nowMs >= ageDueMs(this.#connection.bornMs, maxAgeMs, 0);
    if (overAge && maxAgeMs !== previous.maxConnectionDurationMs) {
      this.#ageFloorMs = ageFloorMs(nowMs, maxAgeMs, this.#context.random);
    }
    return this.#nextDueMs();
  }

  retire({ cause }: RetireRequest): void {
    if (this.#ending.name !== 'no') return;
    const finishMs = this.#context.clock.monotonicMs() + ROUND_TRIP_MS;
    this.#ending = { name: 'announced', cause, finishMs };
    if (!this.#session.announceEnd()) {
      // What the final GOAWAY does not name, the peer may send again elsewhere.
      this.#finish();
      return;
    }
    // Streams that were on their way before the peer read the GOAWAY are here when it answers this.
    if (!this.#ping.outstanding) this.#session.ping(() => this.#finish());
    this.#context.registry.schedule(this.#connection, finishMs);
  }

  #finish(): void {
    if (this.#ending.name !== 'announced') return;
    this.#connection.cause ??= this.#ending.cause;
    this.#ending = { name: 'finishing' };
    this.#session.finish();
  }

  #lookAtPeer(nowMs: number): void {
    const { bytesRead } = this.#connection.socket;
    const isSilent = bytesRead === this.#readAtLook;
    this.#lookMs = nowMs + (isSilent ? LOOK_IDLE_MS : LOOK_BUSY_MS);
    this.#guard.look(nowMs);
    this.#judge(isSilent ? nowMs - this.#lookedMs : 0);
    this.#readAtLook = bytesRead;
    this.#lookedMs = nowMs;
  }

  /** Ends a connection that serves nobody any more; nothing was read for `silentMs`. */
  #judge(silentMs: number): void {
    const tcp = this.#tcp;
    if (!this.#context.socketOptions.readTcpInfo(this.#connection.handle.fd, tcp)) return;
    const hasFinished = tcp.state === TCP_CLOSE_WAIT;
    // One that has finished sending still reads answers; without a stream there is none to come.
    if (tcp.state === TCP_CLOSE || (hasFinished && this.#streams === 0)) {
      endConnection(this.#connection, 'client');
      return;
    }
    const hasUnread = tcp.sinceLastByteMs > UNREAD_MS && tcp.sinceLastByteMs + UNREAD_MS < silentMs;
    if (!hasFinished && !hasUnread) return;
    // A reader that has stopped holds our frames back in the kernel; here they do not get that far.
    const isHeldBack = tcp.notSentBytes > 0 || tcp.unackedSegments > 0;
    if (this.#session.queuedFrames() > 0 && !isHeldBack) endConnection(this.#connection, 'error');
    else this.#probe();
  }

  /** A frame that a session which still writes gets rid of at once. */
  #probe(): void {
    this.#lookMs = Math.min(this.#lookMs, this.#context.clock.monotonicMs() + LOOK_BUSY_MS);
    this.#session.ping(() => undefined);
  }

  #onPingDue(nowMs: number): void {
    const { random, onPing } = this.#context;
    const lastByteMs = this.#lastByteMs(nowMs);
    const step = onPingDue(this.#ping, this.#pingSettings, {
      nowMs,
      lastByteMs,
      random: random(),
    });
    this.#ping = step.state;
    if (step.action === 'ping') {
      this.#connection.lastPing = { sentMs: nowMs, roundTripMs: undefined };
      onPing(this.#connection, 'sent');
      this.#session.ping(() => this.#onPong(nowMs));
    } else if (step.action === 'close') {
      onPing(this.#connection, 'timeout');
      this.#connection.cause ??= 'h2_ping_timeout';
      this.#connection.state = 'closing';
      // RST after it: an orphan socket would go on retrying for minutes.
      this.#session.abandon('silent', () => resetConnection(this.#connection, 'h2_ping_timeout'));
    }
  }

  #onPong(sentMs: number): void {
    const { clock, random, onPing, registry } = this.#context;
    const nowMs = clock.monotonicMs();
    this.#connection.lastPing = { sentMs, roundTripMs: nowMs - sentMs };
    onPing(this.#connection, 'answered');
    this.#ping = onPong(this.#ping, this.#pingSettings, { nowMs, random: random() });
    registry.schedule(this.#connection, this.#nextDueMs());
  }

  #rearm(nowMs: number): void {
    const random = this.#context.random();
    const lastByteMs = this.#lastByteMs(nowMs);
    this.#ping = armPing(this.#ping, this.#pingSettings, { lastByteMs, random });
  }

  /**
   * Asked of the kernel (TCP_INFO, 1.2 µs) when it matters, instead of noting the time of every read:
   * it knows of frames that the server library hides, and idle sessions cost one call per interval.
   */
  #lastByteMs(nowMs: number): number {
    const { fd } = this.#connection.handle;
    return nowMs - Math.max(0, this.#context.socketOptions.sinceLastByteMs(fd));
  }

  get #pingSettings(): PingSettings {
    const { http } = this.#connection.group;
    return {
      intervalMs: http?.http2KeepaliveIntervalMs ?? 0,
      timeoutMs: http?.http2KeepaliveTimeoutMs ?? 0,
    };
  }

  #ageDueMs(): number {
    if (this.#ending.name !== 'no') return NEVER;
    const maxAgeMs = this.#connection.group.http?.maxConnectionDurationMs ?? 0;
    return ageDueMs(this.#connection.bornMs, maxAgeMs, this.#ageFloorMs);
  }

  #nextDueMs(): number {
    const finishMs = this.#ending.name === 'announced' ? this.#ending.finishMs : NEVER;
    return Math.min(nextPingMs(this.#ping), this.#ageDueMs(), finishMs, this.#lookMs);
  }
}
