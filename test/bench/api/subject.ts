// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import { Agent, Pool } from 'undici';

/** A Kubernetes API server that is measured. */
export interface Subject {
  readonly name: string;
  readonly pids: readonly number[];
  /** Sends one request on one of the kept connections and returns the body's size; throws unless it is answered 2xx. */
  call(method: string, path: string, options?: CallOptions): Promise<number>;
  /** Opens one watch on its own connection; `onLine` is told how many frames each chunk of bytes ended. */
  watch(path: string, onLines: (count: number) => void): Promise<void>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly body?: object;
  readonly contentType?: string;
  readonly accept?: string;
}

export interface Address {
  readonly name: string;
  readonly url: string;
  readonly token?: string;
  /** The processes whose CPU time counts. */
  readonly pids: readonly number[];
}

/** Connections that writers share: enough to keep a group commit filled, as a busy automation has. */
export const CONNECTIONS = 32;
const NEWLINE = 10;

export function openSubject(address: Address): Subject {
  // Bench peers have certificates that nobody signed.
  const connect = { rejectUnauthorized: false };
  const pool = new Pool(address.url, { connections: CONNECTIONS, connect });
  // Each watch holds its connection for as long as it lives.
  const watchers = new Agent({
    connections: null,
    connect,
    bodyTimeout: 0,
    headersTimeout: 60_000,
  });
  const authorization: Record<string, string> =
    address.token === undefined ? {} : { authorization: `Bearer ${address.token}` };
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);

  return {
    name: address.name,
    pids: address.pids,
    async call(
      method,
      path,
      { body, contentType = 'application/json', accept = 'application/json' } = {},
    ) {
      const answer = await pool.request({
        method: method as 'GET',
        path,
        headers: { ...authorization, accept, ...(body ? { 'content-type': contentType } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const bytes = await answer.body.arrayBuffer();
      if (answer.statusCode < 300) return bytes.byteLength;
      throw new Error(
        `${address.name}: ${method} ${path} answered ${answer.statusCode}: ${Buffer.from(bytes).toString().slice(0, 300)}`,
      );
    },
    async watch(path, onLines) {
      const { statusCode, body } = await watchers.request({
        origin: address.url,
        method: 'GET',
        path,
        headers: { ...authorization, accept: 'application/json' },
        signal: stop.signal,
      });
      if (statusCode !== 200) throw new Error(`${address.name}: watch answered ${statusCode}`);
      body.on('data', (chunk: Buffer) => onLines(countLines(chunk)));
      body.on('error', (error: Error) => {
        if (!stop.signal.aborted) throw error;
      });
    },
    async close() {
      stop.abort();
      await watchers.destroy();
      await pool.destroy();
    },
  };
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
