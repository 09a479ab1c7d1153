// SPDX-License-Identifier: Apache-2.0
import { createLogStore } from './log-store.js';
import type { LogRecord, Medium } from './medium.js';
import type { Store } from './store.js';

/** A store that ends with the process: for tests, and for trying things out. */
export function createMemoryStore(storeId: string): Store {
  return createLogStore(memoryMedium(), { entries: [], lastSeq: 0, storeId });
}

function memoryMedium(): Medium {
  const log: LogRecord[] = [];
  return {
    async append({ records }) {
      log.push(...records);
    },
    // Sequences start at 1 and have no holes, so a sequence is an index.
    read: (afterSeq, limit) => log.slice(afterSeq, afterSeq + limit),
    firstSeq: () => 1,
    async close() {},
  };
}
