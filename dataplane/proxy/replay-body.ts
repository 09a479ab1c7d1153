// SPDX-License-Identifier: Apache-2.0
import type { Readable, Writable } from 'node:stream';

/** What is kept of a request's content until its answer begins: all of nearly every unary call. */
const MAX_KEPT_BYTES = 64 * 1024;

/**
 * The content of a request on its way to a backend that may turn out not to have taken it: what was sent is kept, up to a
 * limit, and sent again to the next one.
 */
export class ReplayBody {
  readonly #source: Readable;
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  #isWhole = false;
  #target: Writable | undefined;
  /** The source went away before its end. */
  onBroken: (() => void) | undefined;

  constructor(source: Readable) {
    this.#source = source;
    source.pause();
    source.on('data', (chunk: Buffer) => this.#onData(chunk));
    source.once('end', () => {
      this.#isWhole = true;
      this.#target?.end();
    });
    source.on('error', () => undefined);
    source.once('close', () => {
      if (!this.#isWhole) this.onBroken?.();
    });
  }

  /** Whether another target would get all of it. */
  get isReplayable(): boolean {
    return this.#kept !== undefined && (this.#isWhole || !this.#source.destroyed);
  }

  /** Sends what was sent before, and what follows, to `target`. */
  sendTo(target: Writable): void {
    this.#target = target;
    target.on('drain', () => {
      if (this.#target === target) this.#source.resume();
    });
    for (const chunk of this.#kept ?? []) target.write(chunk);
    if (this.#isWhole) target.end();
    else this.#source.resume();
  }

  /** The target will not be replaced: nothing is kept any longer. */
  settle(): void {
    this.#kept = undefined;
  }

  #onData(chunk: Buffer): void {
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > MAX_KEPT_BYTES) this.settle();
    this.#kept?.push(chunk);
    if (this.#target?.write(chunk) === false) this.#source.pause();
  }
}
