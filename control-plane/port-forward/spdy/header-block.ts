// SPDX-License-Identifier: Apache-2.0
import { constants, createInflate, type Inflate } from 'node:zlib';
import { spdyDictionary } from './dictionary.js';
import { badFrame } from './frame.js';

/** A block that unpacks to more is no request for a forward; a few hundred bytes of zlib can hold megabytes. */
const MAX_BLOCK_BYTES = 16_384;
const MAX_HEADERS = 64;

/** Unpacks the header blocks of one connection, which share one zlib stream: each has to be read, in order. */
export class HeaderReader {
  readonly #inflate: Inflate;
  #chunks: Buffer[] = [];
  #size = 0;
  #failure: Error | undefined;

  constructor() {
    this.#inflate = createInflate({
      dictionary: spdyDictionary(),
      flush: constants.Z_SYNC_FLUSH,
    });
    this.#inflate.on('data', (chunk: Buffer) => this.#collect(chunk));
    this.#inflate.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** Names in lower case. Throws INVALID_WIRE. Not to be called again before it has settled. */
  async read(block: Buffer): Promise<ReadonlyMap<string, string>> {
    this.#chunks = [];
    this.#size = 0;
    await new Promise<void>((settle) => {
      // A stream that fails does not always call back; its close always comes.
      this.#inflate.once('close', settle);
      this.#inflate.write(block, () => {
        this.#inflate.off('close', settle);
        settle();
      });
    });
    if (this.#failure !== undefined)
      throw badFrame(`headers that are no zlib: ${this.#failure.message}`);
    return parseHeaders(Buffer.concat(this.#chunks));
  }

  close(): void {
    this.#inflate.destroy();
  }

  #collect(chunk: Buffer): void {
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (this.#size > MAX_BLOCK_BYTES) {
      this.#inflate.destroy(new Error(`more than ${MAX_BLOCK_BYTES} bytes`));
    }
  }
}

/** A count, then names and values, each with its length before it in four bytes (§2.6.10). */
function parseHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  let at = 0;
  const number = (): number => {
    if (at + 4 > bytes.length) throw badFrame('headers cut short');
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > bytes.length) throw badFrame('headers cut short');
    at += length;
    return bytes.toString('latin1', at - length, at);
  };
  const count = number();
  if (count > MAX_HEADERS) throw badFrame(`${count} headers; at most ${MAX_HEADERS} are taken`);
  const headers = new Map<string, string>();
  for (let n = 0; n < count; n += 1) {
    const name = text().toLowerCase();
    headers.set(name, text());
  }
  return headers;
}

/** zlib's head with a preset dictionary (RFC 1950 §2.2) and the dictionary's Adler-32. */
const ZLIB_HEAD = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]);
/**
 * No headers, as a stored block of four bytes (RFC 1951 §3.2.4): nothing is packed, so nothing has to be remembered. Then an empty one, which
 * is how a flush ends: without it Go's reader looks for the next block at once and takes the end of the frame for a broken stream.
 */
const NO_HEADERS = Buffer.from([
  ...[0x00, 0x04, 0x00, 0xfb, 0xff, 0, 0, 0, 0],
  ...[0x00, 0x00, 0x00, 0xff, 0xff],
]);

/** The block of a reply without headers; the first one of a connection opens its zlib stream. */
export function emptyHeaderBlock(isFirst: boolean): Buffer {
  return isFirst ? Buffer.concat([ZLIB_HEAD, NO_HEADERS]) : NO_HEADERS;
}
