// SPDX-License-Identifier: Apache-2.0
import { createMemoryStore } from './memory-store.js';
import { describeStoreContract } from './store-contract.js';

describeStoreContract('memory store', async (t) => {
  const store = createMemoryStore('a-memory-store');
  t.after(() => store.close());
  return store;
});
