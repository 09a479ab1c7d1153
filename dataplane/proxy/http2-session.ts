// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs';
import { constants, type ServerHttp2Session } from 'node:http2';
import type { HttpSettings } from '../engine/plan.js';
import { type Connection, resetConnection } from '../listeners/connection.js';
import type { ConnectionRegistry } from '../listeners/registry.js';
import { faultOf } from './http2-fault.js';
import type { Farewell, Http2SessionPort } from './http2-session-port.js';
import { connectionWindowBytes, MAX_CONCURRENT_STREAMS, toSettings } from './http2-settings.js';

/** Node ends a session with more unanswered SETTINGS than this; a slow peer must not lose its own. */
export const MAX_OUTSTANDING_SETTINGS = 32;
/** Sent at once up to here; beyond, only the newest is sent, when the peer answers again. */
const SETTINGS_AHEAD = MAX_OUTSTANDING_SETTINGS - 2;
/**
 * GOAWAY with the last stream that there can be: announces the end without refusing any stream (RFC 9113 §6.8). nghttp2, told to
 * send it, would still ignore every new stream from then on, without a word; its own call for this is not to be had
 * through node:http2. So it goes to the socket past both.
 */
const GOAWAY_WITHOUT_END = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 127, 255, 255, 255, 0, 0, 0, 0]);

/** node:http2's session as the connection's driver sees it. */
export class NodeHttp2Session implements Http2SessionPort {
  readonly #session: ServerHttp2Session;
  readonly #connection: Connection;
  readonly #registry: ConnectionRegistry;
  #unanswered = 1;
  #held: HttpSettings | undefined;

  constructor(session: ServerHttp2Session, connection: Connection, registry: ConnectionRegistry) {
    this.#session = session;
    this.#connection = connection;
    this.#registry = registry;
    // The first SETTINGS are Node's own, sent with the server's options.
    registry.setSettingsPending(connection, true);
    session.on('localSettings', () => this.#onAnswered());
    const { http } = connection.group;
    if (http !== undefined) session.setLocalWindowSize(connectionWindowBytes(http));
  }

  ping(answered: () => void): void {
    if (this.#session.destroyed) return;
    // An error means that the session ended: its close says why.
    this.#session.ping((error) => {
      if (error === null) answered();
    });
  }

  applySettings(settings: HttpSettings): void {
    if (this.#session.destroyed) return;
    if (this.#unanswered >= SETTINGS_AHEAD) {
      this.#held = settings;
      return;
    }
    this.#held = undefined;
    this.#unanswered += 1;
    this.#session.settings(toSettings(settings));
    this.#session.setLocalWindowSize(connectionWindowBytes(settings));
    this.#registry.setSettingsPending(this.#connection, true);
  }

  announceEnd(): boolean {
    const { handle } = this.#connection;
    const { writeQueueSize } = handle as { readonly writeQueueSize?: number };
    // Between whole frames, and after the preface, which is the first of them.
    const isBetweenFrames = writeQueueSize === 0 && handle.bytesWritten > 0;
    if (this.#session.destroyed || handle.fd < 0 || !isBetweenFrames) return false;
    try {
      const sent = writeSync(handle.fd, GOAWAY_WITHOUT_END);
      // A part of a frame makes nonsense of all that follows.
      if (sent < GOAWAY_WITHOUT_END.length) resetConnection(this.#connection, 'error');
      return true;
    } catch {
      // No room in the kernel, or the peer is gone: the final GOAWAY does, or nothing does.
      return false;
    }
  }

  finish(): void {
    if (!this.#session.destroyed) this.#session.close();
  }

  unreadBytes(): number {
    return this.#session.destroyed ? 0 : (this.#session.state.effectiveRecvDataLength ?? 0);
  }

  queuedFrames(): number {
    return this.#session.destroyed ? 0 : (this.#session.state.outboundQueueSize ?? 0);
  }

  abandon(farewell: Farewell, then: () => void): void {
    const { NGHTTP2_NO_ERROR, NGHTTP2_ENHANCE_YOUR_CALM } = constants;
    const code = farewell === 'flood' ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_NO_ERROR;
    if (!this.#session.destroyed) this.#session.goaway(code);
    // Node writes the frame at the end of this turn; a dead peer's full socket must not keep us longer.
    setImmediate(then);
  }

  #onAnswered(): void {
    this.#unanswered = Math.max(0, this.#unanswered - 1);
    if (this.#held !== undefined) this.applySettings(this.#held);
    if (this.#unanswered === 0) this.#registry.setSettingsPending(this.#connection, false);
  }
}

/**
 * Every error of node:http2's frame library comes through here before a GOAWAY is sent and before the socket ends: the one place
 * to name both rightly.
 */
export function nameFaults(
  session: ServerHttp2Session,
  connection: Connection,
  openStreams: () => number,
): void {
  const destroy = session.destroy.bind(session);
  session.destroy = (error, code) => {
    if (!(error instanceof Error)) return destroy(error, code);
    const fault = faultOf(error);
    const isOverLimit = openStreams() >= MAX_CONCURRENT_STREAMS;
    // With a code it is the peer's own GOAWAY.
    if (code !== undefined) connection.cause ??= 'client';
    else connection.cause ??= isOverLimit ? 'limit' : fault.cause;
    destroy(error, code ?? fault.code);
  };
}
