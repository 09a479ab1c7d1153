// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync } from 'node:fs';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { openLmdbStore } from './lmdb-store.js';
import { createMemoryStore } from './memory-store.js';
import type { Store } from './store.js';

export interface StorePlace {
  /** The data directory. */
  readonly dataDir: string;
  /** `memory` forgets everything with the process; default `lmdb`, in the data directory. */
  readonly storeKind?: 'lmdb' | 'memory';
}

/** Makes the data directory, for its owner only, when it is missing. Throws CONFIG. */
export function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    chmodSync(dataDir, 0o700);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HeartlineError('CONFIG', `the data directory ${dataDir} cannot be used: ${reason}`, {
      subject: dataDir,
      cause,
    });
  }
}

/** Opens the store of a data directory. `newStoreId` names data that is created now. */
export async function openStore(
  { dataDir, storeKind = 'lmdb' }: StorePlace,
  newStoreId: () => string,
): Promise<Store> {
  switch (storeKind) {
    case 'memory':
      return createMemoryStore(newStoreId());
    case 'lmdb':
      return openLmdbStore({ dir: dataDir, newStoreId });
  }
}
