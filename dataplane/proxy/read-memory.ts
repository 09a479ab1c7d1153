// SPDX-License-Identifier: Apache-2.0

/** Reads that fill this much say that more is coming. */
const SHARED_BYTES = 16 * 1024;
/** Larger reads than Node's 64 KiB: 566-664 CPU ms per GiB against 753-917 with its streams. */
const OWN_BYTES = 256 * 1024;
/** Beyond these the collector takes them. */
const MAX_SPARE = 16;

/**
 * Memory that sockets are read into. A connection with little to say reads into memory that all share, and its bytes are copied
 * out before anybody else reads; so an idle one holds none. One that fills it gets memory of its own, which is passed on
 * without a copy, until it has little to say again.
 */
export class ReadMemory {
  readonly shared: Uint8Array = Buffer.allocUnsafeSlow(SHARED_BYTES);
  readonly #spare: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(OWN_BYTES);
  }

  /** Nobody may hold a part of it any more. */
  give(memory: Uint8Array): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(memory);
  }

  /** Where the same source is read into next, after `bytes` were read into `memory`; `kept`: a part of it is still to be written. */
  next(memory: Uint8Array, bytes: number, kept: boolean): Uint8Array {
    if (memory === this.shared) return bytes === SHARED_BYTES ? this.take() : memory;
    if (bytes >= SHARED_BYTES) return kept ? this.take() : memory;
    if (!kept) this.give(memory);
    return this.shared;
  }
}
