// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** The path's second part: the N of /bytes/N. */
  readonly argument: string;
}

export type Handler = (exchange: Exchange) => Promise<void>;

const MAX_BYTES = 1_073_741_824;
const MAX_DELAY_SECONDS = 10;
const MAX_LINES = 1_000_000;
const MAX_LINE_INTERVAL_MS = 60_000;

/** Bytes written at a time, each waits for the reader; `byteAt` repeats after as many. */
const CHUNK_BYTES = 65_536;

/** Method and first path segment → answer. */
export const ROUTES: Readonly<Record<string, Handler>> = {
  'GET /get': get,
  'GET /headers': headers,
  'GET /status': status,
  'GET /bytes': bytes,
  'GET /delay': delay,
  'GET /stream': stream,
  'POST /post': post,
};

export function sendJson(response: ServerResponse, code: number, value: unknown): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** The byte at `offset` of every /bytes answer, so that a client can verify any part of it. */
export function byteAt(offset: number): number {
  return (offset * 31 + (offset >>> 8)) & 0xff;
}

/** Made once: making it for each answer took 2.6 ms, a hundred times what the answer itself takes. */
const PATTERN = Uint8Array.from({ length: CHUNK_BYTES }, (_, offset) => byteAt(offset));

async function get({ request, response, url }: Exchange): Promise<void> {
  sendJson(response, 200, {
    args: Object.fromEntries(url.searchParams),
    headers: request.headers,
    origin: request.socket.remoteAddress,
    url: request.url,
  });
}

async function headers({ request, response }: Exchange): Promise<void> {
  sendJson(response, 200, { headers: request.headers });
}

async function status({ response, argument }: Exchange): Promise<void> {
  const code = wholeNumber(argument, 599);
  if (code === undefined || code < 200) {
    return sendJson(response, 400, { error: '/status/N takes a status from 200 to 599' });
  }
  response.writeHead(code).end();
}

async function bytes({ response, argument }: Exchange): Promise<void> {
  const length = wholeNumber(argument, MAX_BYTES);
  if (length === undefined) {
    return sendJson(response, 400, { error: `/bytes/N takes 0 to ${MAX_BYTES}` });
  }
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': length,
  });
  for (let left = length; left > 0; left -= CHUNK_BYTES) {
    await write(response, PATTERN.subarray(0, Math.min(CHUNK_BYTES, left)));
  }
  response.end();
}

async function delay({ response, argument }: Exchange): Promise<void> {
  const seconds = Number(argument);
  if (argument === '' || !(seconds >= 0)) {
    return sendJson(response, 400, { error: '/delay/N takes seconds, e.g. /delay/0.5' });
  }
  const waited = Math.min(seconds, MAX_DELAY_SECONDS);
  await sleep(waited * 1000);
  sendJson(response, 200, { delay: waited });
}

/** N JSON lines in chunks of their own, `?ms=` milliseconds apart. */
async function stream({ response, url, argument }: Exchange): Promise<void> {
  const count = wholeNumber(argument, MAX_LINES);
  const intervalMs = wholeNumber(url.searchParams.get('ms') ?? '0', MAX_LINE_INTERVAL_MS);
  if (count === undefined || intervalMs === undefined) {
    return sendJson(response, 400, {
      error: `/stream/N?ms=M takes up to ${MAX_LINES} lines and ${MAX_LINE_INTERVAL_MS} milliseconds`,
    });
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  for (let id = 0; id < count; id += 1) {
    if (id > 0 && intervalMs > 0) await sleep(intervalMs);
    await write(response, `${JSON.stringify({ id })}\n`);
  }
  response.end();
}

/** Sends the body back as it arrives, with the type it came with. */
async function post({ request, response }: Exchange): Promise<void> {
  const length = request.headers['content-length'];
  response.writeHead(200, {
    'content-type': request.headers['content-type'] ?? 'application/octet-stream',
    ...(length === undefined ? {} : { 'content-length': length }),
  });
  for await (const chunk of request) await write(response, chunk as Uint8Array);
  response.end();
}

/** Settles once the reader has room again; rejects when the connection is gone. */
async function write(response: ServerResponse, chunk: Uint8Array | string): Promise<void> {
  if (response.destroyed) throw new Error('the client closed the connection');
  if (response.write(chunk)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      response.off('drain', settle);
      response.off('close', settle);
      if (response.destroyed) reject(new Error('the client closed the connection'));
      else resolve();
    };
    response.once('drain', settle);
    response.once('close', settle);
  });
}

function wholeNumber(text: string, max: number): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}
