// SPDX-License-Identifier: Apache-2.0
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import type { Connection } from '../listeners/connection.js';
import type { Exchange, ResponseHead } from './exchange.js';
import type { FlatHeaders } from './headers.js';
import type { Http2Guard } from './http2-guard.js';
import type { Http2RequestHead } from './http2-request.js';
import { RequestBody } from './request-body.js';
import type { RequestTimer } from './request-timer.js';

export interface Http2ExchangeParts {
  readonly connection: Connection;
  readonly stream: ServerHttp2Stream;
  readonly head: Http2RequestHead;
  readonly guard: Http2Guard;
}

/** One stream of node:http2 behind `Exchange`. */
export class Http2Exchange implements Exchange {
  readonly connection: Connection;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: FlatHeaders;
  readonly body: Readable | undefined;
  onClient: ((alive: boolean) => void) | undefined = undefined;
  timer: RequestTimer | undefined = undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #guard: Http2Guard;
  #ended = false;
  #trailers: FlatHeaders | undefined;

  constructor({ connection, stream, head, guard }: Http2ExchangeParts) {
    this.connection = connection;
    this.#stream = stream;
    this.#guard = guard;
    this.method = head.method;
    this.target = head.target;
    this.host = head.host;
    this.headers = head.headers;
    if (stream.endAfterHeaders) {
      this.body = undefined;
    } else {
      stream.on('data', (chunk: Buffer) => guard.bodyReceived(chunk.length));
      this.body = new RequestBody(stream);
    }
    stream.once('close', this.#onClose);
    stream.on('drain', () => this.onClient?.(true));
  }

  /** The client still waits for the answer. */
  get isOpen(): boolean {
    return !this.#stream.destroyed;
  }

  inform(status: number, headers: FlatHeaders): void {
    // RFC 9113 §8.6: there is no switching of protocols in HTTP/2.
    if (status === 101 || this.#stream.destroyed || this.#stream.headersSent) return;
    this.#stream.additionalHeaders({ ...toRecord(headers), ':status': status });
  }

  respond(head: ResponseHead): void {
    if (this.#stream.destroyed) return;
    this.#trailers = head.trailers && head.body ? [] : undefined;
    if (this.#trailers !== undefined) {
      this.#stream.once('wantTrailers', () => this.#sendTrailers());
    }
    const headers = toRecord(head.headers);
    headers[':status'] = head.status;
    const waitForTrailers = this.#trailers !== undefined;
    this.#stream.respond(headers, { endStream: !head.body, waitForTrailers });
  }

  write(chunk: Buffer): boolean {
    if (this.#stream.destroyed || this.#stream.writableEnded) return true;
    return this.#stream.write(chunk);
  }

  end(trailers: FlatHeaders): void {
    this.#ended = true;
    if (this.#trailers !== undefined) this.#trailers = trailers;
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.end();
    // The answer is complete: whatever the client still uploads has no reader (RFC 9113 §8.1).
    if (this.body !== undefined && !this.body.readableEnded) {
      this.#stream.once('finish', () => this.#stream.close(constants.NGHTTP2_NO_ERROR));
    }
  }

  abort(): void {
    this.#ended = true;
    // close() with a code would end the stream first, and half an answer would look like a whole one.
    this.#stream.destroy(new Error('the answer broke off'));
  }

  #sendTrailers(): void {
    // Without fields, when the backend promised trailers and sent none, this just ends the stream.
    this.#stream.sendTrailers(toRecord(this.#trailers ?? []));
  }

  readonly #onClose = (): void => {
    this.timer?.end();
    if (this.#ended) return;
    this.#guard.requestBroken(this.body !== undefined);
    this.onClient?.(false);
  };
}

/** Fields that node:http2 sends once at most, and throws when it is given more. */
const SINGLE = new Set(
  'access-control-allow-credentials access-control-max-age access-control-request-method age authorization content-encoding content-language content-length content-location content-md5 content-range content-type date dnt etag expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards proxy-authorization range referer retry-after tk upgrade-insecure-requests user-agent x-content-type-options'.split(
    ' ',
  ),
);

/** Names in lower case, as HTTP/2 demands; repeated ones become arrays, or the first of those that may come but once. */
export function toRecord(flat: FlatHeaders): OutgoingHttpHeaders {
  const record: OutgoingHttpHeaders = {};
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = (flat[i] ?? '').toLowerCase();
    const value = flat[i + 1] ?? '';
    const before = record[name];
    if (before === undefined) record[name] = value;
    else if (SINGLE.has(name)) continue;
    else if (Array.isArray(before)) before.push(value);
    else record[name] = [String(before), value];
  }
  return record;
}
