// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { exchange } from '../../support/exchange.js';
import { POLICIES_PATH, policyObject } from '../../support/policies.js';
import type { Stack } from '../../support/stack.js';

/** One kept connection to the API and ready-made bytes: the clock starts with the write of the request. */
export interface PolicyWriter {
  put(idleSeconds: number): Promise<void>;
  close(): void;
}

export async function openPolicyWriter(stack: Stack): Promise<PolicyWriter> {
  const token = readFileSync(join(stack.dataDir, 'api.token'), 'utf8').trim();
  const socket = connect({ host: '127.0.0.1', port: stack.port(9979), noDelay: true });
  await once(socket, 'connect');
  return {
    async put(idleSeconds) {
      const body = JSON.stringify(policyObject('bench', keepaliveFrontend(idleSeconds)));
      const head = [
        `PUT ${POLICIES_PATH}/bench HTTP/1.1`,
        'host: localhost',
        `authorization: Bearer ${token}`,
        'content-type: application/json',
        `content-length: ${Buffer.byteLength(body)}`,
      ].join('\r\n');
      const { status } = await exchange(socket, `${head}\r\n\r\n${body}`);
      if (status !== 200) throw new Error(`PUT answered ${status}`);
    },
    close: () => void socket.destroy(),
  };
}

export function keepaliveFrontend(idleSeconds: number): object {
  return { tcp: { keepalive: { time: `${idleSeconds}s`, interval: '5s', retries: 3 } } };
}
