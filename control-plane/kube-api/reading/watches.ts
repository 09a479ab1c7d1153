// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Logger } from '../../../shared/telemetry/logger.js';
import { type WatchEnd, WatchStream, type WatchStreamOptions } from './watch-stream.js';

/** Every watch that is open, so that a server can end them all. */
export interface Watches {
  /** `resource` is what metrics and log call it. */
  open(resource: string, options: Omit<WatchStreamOptions, 'onEnd'>): void;
  endAll(): void;
}

export function createWatches(options: {
  readonly logger: Logger;
  /** Absent = not counted. */
  readonly metrics?: Registry | undefined;
}): Watches {
  const open = new Set<WatchStream>();
  const count = createCounts(options.metrics);
  return {
    open(resource, streamOptions) {
      const stream = new WatchStream({
        ...streamOptions,
        onEnd: (why) => {
          open.delete(stream);
          count.ended(resource, why);
          if (why === 'slow')
            options.logger.warn({ resource }, 'watch cut, its client is too slow');
        },
      });
      open.add(stream);
      count.opened(resource);
      stream.start();
    },
    endAll() {
      for (const stream of [...open]) stream.end('stopped');
    },
  };
}

interface Counts {
  opened(resource: string): void;
  ended(resource: string, why: WatchEnd): void;
}

function createCounts(registry: Registry | undefined): Counts {
  if (registry === undefined) return { opened: () => {}, ended: () => {} };
  const registers = [registry];
  const open = new Gauge({
    name: 'heartline_api_watches',
    help: 'Watches of the Kubernetes API that are open.',
    labelNames: ['resource'],
    registers,
  });
  const ended = new Counter({
    name: 'heartline_api_watches_ended_total',
    help: 'Watches of the Kubernetes API that ended, by who or what ended them.',
    labelNames: ['resource', 'why'],
    registers,
  });
  return {
    opened: (resource) => open.inc({ resource }),
    ended(resource, why) {
      open.dec({ resource });
      ended.inc({ resource, why });
    },
  };
}
