// SPDX-License-Identifier: Apache-2.0
import { constants, type ServerHttp2Session } from 'node:http2';
import type { HttpSettings } from '../engine/plan.js';
import type { Connection } from '../listeners/connection.js';
import type { ConnectionRegistry } from '../listeners/registry.js';
import type { Http2SessionPort } from './http2-connection.js';
import { connectionWindowBytes, toSettings } from './http2-settings.js';

/** Node ends a session with more unanswered SETTINGS than this; a slow peer must not lose its own. */
export const MAX_OUTSTANDING_SETTINGS = 32;
/** Sent at once up to here; beyond, only the newest is sent, when the peer answers again. */
const SETTINGS_AHEAD = MAX_OUTSTANDING_SETTINGS - 2;
/** Announces the end without refusing any stream (RFC 9113 §6.8). */
const LAST_STREAM_ID = 2 ** 31 - 1;

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

  announceEnd(): void {
    if (!this.#session.destroyed) this.#session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM_ID);
  }

  finish(): void {
    if (!this.#session.destroyed) this.#session.close();
  }

  abandon(then: () => void): void {
    if (!this.#session.destroyed) this.#session.goaway(constants.NGHTTP2_NO_ERROR);
    // Node writes the frame at the end of this turn; a dead peer's full socket must not keep us longer.
    setImmediate(then);
  }

  #onAnswered(): void {
    this.#unanswered = Math.max(0, this.#unanswered - 1);
    if (this.#held !== undefined) this.applySettings(this.#held);
    if (this.#unanswered === 0) this.#registry.setSettingsPending(this.#connection, false);
  }
}
