// SPDX-License-Identifier: Apache-2.0
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock, Timer } from '../../../shared/time/clock.js';
import { type ClusterAnswer, connectionFailure, failureOf } from './failure.js';
import type { Failure } from './reflector-machine.js';

/** How to reach a cluster and who we are there; `load-access.ts` makes it from a kubeconfig. */
export interface ClusterAccess {
  /** `https://host:port`, perhaps with a path. */
  readonly server: URL;
  /** Where our own objects (the Lease) belong; undefined when neither pod nor kubeconfig says so. */
  readonly namespace: string | undefined;
  /** Headers and connections of a request, as of now. */
  authorize(): Promise<{
    readonly headers: Readonly<Record<string, string>>;
    readonly agent: Agent;
  }>;
  /** The server did not know us: tokens and certificates are read anew before the next request. */
  renew(): void;
  close(): void;
}

export interface ClusterRequest {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'PUT';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Given up when nothing was heard for so long, milliseconds. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** A request that came to nothing; `answer` is there when the cluster said so itself. */
export interface ClusterFailure {
  readonly ok: false;
  readonly failure: Failure;
  readonly status: number | undefined;
}

export type ClusterResult<T> = { readonly ok: true; readonly value: T } | ClusterFailure;

/** Requests to the cluster's API server. Nothing here throws: what goes wrong is a value. */
export interface ClusterClient {
  /** The parsed body of a 2xx answer. */
  send(request: ClusterRequest): Promise<ClusterResult<unknown>>;
  /** Calls `onChunk` as bytes come; resolves when the server ends the stream in good order. */
  stream(
    request: ClusterRequest,
    onChunk: (chunk: Buffer) => void,
  ): Promise<ClusterResult<undefined>>;
}

/** Larger than any page of a list: 500 objects of the largest size that etcd takes would be refused elsewhere. */
const MAX_ANSWER_BYTES = 256 * 1_048_576;

export function createClusterClient(
  access: ClusterAccess,
  clock: Pick<Clock, 'after'>,
  userAgent: string,
): ClusterClient {
  const open = async (wanted: ClusterRequest): Promise<Exchange> => {
    const { headers, agent } = await access.authorize();
    const body = wanted.body === undefined ? undefined : JSON.stringify(wanted.body);
    const url = urlOf(access.server, wanted);
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = send(url, {
      method: wanted.method,
      agent,
      signal: wanted.signal,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...(body === undefined ? {} : { 'content-type': wanted.contentType ?? 'application/json' }),
        ...headers,
      },
    });
    const silence = watchSilence(request, wanted.silenceMs, clock);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('error', reject);
      request.on('response', resolve);
      request.end(body);
    });
    return { response, heard: silence };
  };

  const run = async <T>(
    wanted: ClusterRequest,
    read: (exchange: Exchange) => Promise<T>,
  ): Promise<ClusterResult<T>> => {
    try {
      const exchange = await open(wanted);
      const { statusCode: status = 0 } = exchange.response;
      if (status >= 200 && status < 300) return { ok: true, value: await read(exchange) };
      if (status === 401) access.renew();
      return { ok: false, status, failure: failureOf(await readAnswer(exchange)) };
    } catch (thrown) {
      return { ok: false, status: undefined, failure: connectionFailure(thrown) };
    }
  };

  return {
    send: (wanted) => run(wanted, async (exchange) => parse(await readText(exchange))),
    stream: (wanted, onChunk) =>
      run(wanted, async (exchange) => {
        await readChunks(exchange, onChunk);
        return undefined;
      }),
  };
}

interface Exchange {
  readonly response: IncomingMessage;
  /** To be called for each chunk: the server is there. */
  readonly heard: () => void;
}

/** Cuts the request when nothing was heard for so long, from now until its end. */
function watchSilence(
  request: ClientRequest,
  silenceMs: number,
  clock: Pick<Clock, 'after'>,
): () => void {
  let timer: Timer | undefined;
  const heard = (): void => {
    timer?.cancel();
    timer = clock.after(silenceMs, () => {
      request.destroy(new Error(`nothing was heard for ${Math.round(silenceMs / 1_000)} s`));
    });
  };
  heard();
  request.on('close', () => timer?.cancel());
  return heard;
}

function urlOf(server: URL, { path, query = {} }: ClusterRequest): URL {
  const url = new URL(server);
  url.pathname = `${server.pathname.replace(/\/$/, '')}${path}`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** A body that is cut in the middle throws: node ends the iteration with ECONNRESET. */
async function readChunks(
  { response, heard }: Exchange,
  onChunk: (chunk: Buffer) => void,
): Promise<void> {
  for await (const chunk of response as AsyncIterable<Buffer>) {
    heard();
    onChunk(chunk);
  }
}

async function readText(exchange: Exchange): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await readChunks(exchange, (chunk) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  });
  return Buffer.concat(chunks).toString('utf8');
}

async function readAnswer(exchange: Exchange): Promise<ClusterAnswer> {
  const { statusCode: status = 0, headers } = exchange.response;
  const text = await readText(exchange).catch(() => '');
  return { status, body: parse(text), retryAfter: headers['retry-after'] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
