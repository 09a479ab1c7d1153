// SPDX-License-Identifier: Apache-2.0
import type { HttpSettings } from '../engine/plan.js';

/** What the driver needs of a session; the server library behind it stays in `http2-session.ts`. */
export interface Http2SessionPort {
  /** `answered` is called when the peer acknowledges it. */
  ping(answered: () => void): void;
  /** SETTINGS, and the connection window. */
  applySettings(settings: HttpSettings): void;
  /** GOAWAY that still allows streams the peer has opened meanwhile (RFC 9113 §6.8); false when it cannot be sent now. */
  announceEnd(): boolean;
  /** The final GOAWAY; the session closes when its streams have ended. */
  finish(): void;
  /** DATA that has arrived and waits for a reader, bytes. */
  unreadBytes(): number;
  /** Frames that are to be sent and wait, DATA aside. */
  queuedFrames(): number;
  /** A GOAWAY that nobody may read, then nothing more is sent. */
  abandon(farewell: Farewell, then: () => void): void;
}

/** Why a peer is left without waiting for it. */
export type Farewell = 'silent' | 'flood';
