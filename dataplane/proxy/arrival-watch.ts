// SPDX-License-Identifier: Apache-2.0

/** What is known of the bytes of a connection; times monotonic, in milliseconds. */
export interface Arrival {
  readonly nowMs: number;
  /** Since the connection was accepted. */
  readonly bytesRead: number;
  /** When the last of them reached the kernel. */
  readonly lastByteMs: number;
}

/** A head that began is noticed within this share of its limit: no read of an idle connection passes through our hands. */
const LOOKS = 6;

/**
 * Whether the head of a request takes too long. The parser tells nothing before a head is complete, so a look now and then
 * compares the count of bytes; the time runs from the last byte seen then, so never from before the head's first.
 */
export class HeadWatch {
  readonly #limitMs: number;
  #bytesBefore: number;
  #begunMs: number | undefined;
  #lookMs: number;

  constructor(limitMs: number, nowMs: number, bytesRead: number) {
    this.#limitMs = limitMs;
    this.#bytesBefore = bytesRead;
    this.#lookMs = nowMs + limitMs / LOOKS;
  }

  /** No head is under way: the last one was answered. */
  restart(nowMs: number, bytesRead: number): void {
    this.#bytesBefore = bytesRead;
    this.#begunMs = undefined;
    this.#lookMs = nowMs + this.#limitMs / LOOKS;
  }

  /** When to look again. */
  get dueMs(): number {
    return this.#begunMs === undefined ? this.#lookMs : this.#begunMs + this.#limitMs;
  }

  isLate({ nowMs, bytesRead, lastByteMs }: Arrival): boolean {
    if (this.#begunMs === undefined && bytesRead > this.#bytesBefore) this.#begunMs = lastByteMs;
    if (this.#begunMs === undefined) {
      this.#lookMs = nowMs + this.#limitMs / LOOKS;
      return false;
    }
    return nowMs >= this.#begunMs + this.#limitMs;
  }
}

/** Whether the body of a request has been silent for too long while it could have been read. */
export class BodyWatch {
  readonly #limitMs: number;
  #silentSinceMs: number;

  constructor(limitMs: number, nowMs: number) {
    this.#limitMs = limitMs;
    this.#silentSinceMs = nowMs;
  }

  get dueMs(): number {
    return this.#silentSinceMs + this.#limitMs;
  }

  /** `held`: reading was held back at some time since the last call, so the client may have waited for us. */
  isLate({ nowMs, lastByteMs }: Arrival, held: boolean): boolean {
    const since = held ? nowMs : lastByteMs;
    this.#silentSinceMs = Math.max(this.#silentSinceMs, since);
    return nowMs >= this.dueMs;
  }
}
