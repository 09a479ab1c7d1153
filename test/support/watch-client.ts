// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { eventually } from './eventually.js';

/** A frame of a watch, whatever JSON came. */
export interface WatchFrame {
  readonly type: string;
  readonly object: ReturnType<typeof JSON.parse>;
}

/** A real watch over HTTP, and what came of it so far. */
export interface WatchClient {
  readonly status: number;
  readonly frames: readonly WatchFrame[];
  readonly hasEnded: () => boolean;
  /** The connection, to stop reading from. */
  readonly incoming: IncomingMessage;
  /** Waits for this many frames and returns them all. */
  atLeast(count: number): Promise<readonly WatchFrame[]>;
  stop(): void;
}

/** Opens a watch; `path` has its query. */
export async function watchOver(
  api: { readonly url: string; readonly token: string },
  path: string,
  accept = 'application/json',
): Promise<WatchClient> {
  const outgoing = request(`${api.url}${path}`, {
    agent: false,
    headers: { authorization: `Bearer ${api.token}`, accept },
  });
  outgoing.on('error', () => {});
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const frames: WatchFrame[] = [];
  let rest = '';
  let ended = false;
  incoming.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) frames.push(JSON.parse(line) as WatchFrame);
  });
  incoming.on('close', () => {
    ended = true;
  });
  incoming.on('error', () => {});
  return {
    status: incoming.statusCode ?? 0,
    frames,
    hasEnded: () => ended,
    incoming,
    async atLeast(count) {
      await eventually(() =>
        assert.ok(frames.length >= count, `${frames.length} of ${count} frames`),
      );
      return frames;
    },
    stop: () => outgoing.destroy(),
  };
}
