// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';

/**
 * A request body as a stream of its own: destroying it, as an HTTP client library does when it is done or gives up, must not
 * take the client's connection, and with it the answer, along. What nobody reads any more is drained, so that an HTTP/1
 * connection is free for its next request.
 */
export class RequestBody extends Readable {
  readonly #source: Readable;

  constructor(source: Readable) {
    super({ autoDestroy: true });
    this.#source = source;
    source.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) source.pause();
    });
    source.on('end', () => this.push(null));
    source.once('aborted', () => this.destroy());
    source.pause();
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.removeAllListeners('data');
    this.#source.resume();
    done(error);
  }
}
