// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream';
import { toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Forwarder } from './forwarder.js';
import { SpdyConnection } from './spdy/connection.js';
import type { SpdyStream } from './spdy/stream.js';

export interface SpdyForwardOptions {
  readonly transport: Duplex;
  readonly forwarder: Forwarder;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Logger;
}

/** One forwarded connection: a stream for its bytes, and one for what goes wrong, which the server ends last. */
interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  readonly timer: Timer;
}

/** As the kubelet gives the second stream of a pair. */
const PAIR_DEADLINE_MS = 30_000;

/** Serves `portforward.k8s.io` over SPDY streams until the connection is over. */
export async function serveSpdyForward(options: SpdyForwardOptions): Promise<void> {
  const { clock, forwarder, logger, transport } = options;
  const pairs = new Map<string, Pair>();
  const drop = (key: string): void => {
    const pair = pairs.get(key);
    pairs.delete(key);
    pair?.timer.cancel();
    pair?.error?.destroy();
    pair?.data?.destroy();
  };
  const connection = new SpdyConnection({
    ...{ transport, logger },
    onStream(stream) {
      const role = roleOf(stream);
      if (role === undefined) return void stream.destroy();
      const key = pairKey(stream, role);
      let pair = pairs.get(key);
      if (pair === undefined) {
        pair = { timer: clock.after(PAIR_DEADLINE_MS, () => drop(key)) };
        pairs.set(key, pair);
      }
      if (pair[role] !== undefined) return void stream.destroy();
      pair[role] = stream;
      stream.on('error', () => undefined);
      if (pair.data === undefined || pair.error === undefined) return undefined;
      pairs.delete(key);
      pair.timer.cancel();
      return void serve(forwarder, pair.data, pair.error);
    },
  });
  await connection.run();
  for (const key of pairs.keys()) drop(key);
}

async function serve(forwarder: Forwarder, data: SpdyStream, error: SpdyStream): Promise<void> {
  // Nobody reads what a client says there; it only ends it.
  error.resume();
  try {
    await forwarder.forward(Number(data.headers.get('port')), data);
    error.end();
  } catch (thrown) {
    error.end(toHeartlineError(thrown).message);
  }
  // Whatever a client sends to a server that is gone; left unread it would stop the whole connection.
  data.resume();
  data.end();
}

function roleOf(stream: SpdyStream): 'data' | 'error' | undefined {
  const type = stream.headers.get('streamtype');
  const isPort = /^[1-9]\d{0,4}$/.test(stream.headers.get('port') ?? '');
  return isPort && (type === 'data' || type === 'error') ? type : undefined;
}

/** Clients before Kubernetes 1.2 send no number: their data stream follows its error stream. */
function pairKey(stream: SpdyStream, role: 'data' | 'error'): string {
  return stream.headers.get('requestid') ?? `${role === 'error' ? stream.id : stream.id - 2}`;
}
