// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';

/**
 * A request body as a stream of its own: destroying it, as an HTTP client library does when it is done or gives up, must not
 * take the client's connection, and with it the answer, along. What nobody reads any more is drained, so that an HTTP/1
 * connection is free for its next request.
 */
export class RequestBody extends Readable {
  readonly #source: Readable;
  #onWanted: (() => void) | undefined;
  #isHeld = true;
  #wasHeld = true;

  /** `onWanted` is called once, when the body is first asked for. */
  constructor(source: Readable, onWanted?: () => void) {
    super({ autoDestroy: true });
    this.#source = source;
    this.#onWanted = onWanted;
    source.on('data', this.#onData);
    source.on('end', () => this.push(null));
    source.once('aborted', () => this.destroy());
    source.pause();
  }

  /** Whether reading from the client was held back at some time since this was asked last. */
  wasHeld(): boolean {
    const wasHeld = this.#wasHeld;
    this.#wasHeld = this.#isHeld;
    return wasHeld;
  }

  override _read(): void {
    this.#release();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.off('data', this.#onData);
    this.#isHeld = false;
    this.#source.resume();
    done(error);
  }

  #hold(): void {
    this.#isHeld = true;
    this.#wasHeld = true;
    this.#source.pause();
  }

  #release(): void {
    if (this.#isHeld) {
      this.#isHeld = false;
      this.#onWanted?.();
      this.#onWanted = undefined;
    }
    this.#source.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#hold();
  };
}
