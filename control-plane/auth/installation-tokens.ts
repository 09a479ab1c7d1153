// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { TokenEntry } from './identity.js';
import { readOrCreateToken } from './token-files.js';

/** The two identities of an installation: who administers it, and its workers. */
export function tokensOf(dataDir: string, cluster: string): TokenEntry[] {
  return [
    {
      token: readOrCreateToken(join(dataDir, 'api.token')),
      identity: { name: 'admin', audience: 'api', gateways: 'all', mayPortForward: true },
    },
    {
      token: readOrCreateToken(join(dataDir, 'worker.token')),
      identity: { name: 'worker', audience: 'worker', cluster, gateways: 'all' },
    },
  ];
}
