// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { findPortOwner, listeningInodes } from './port-owner.js';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:26FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0
   1: 0100007F:26FB 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100 0 0 10 0
   2: 0100007F:26FA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100 0 0 10 0
`;

describe('port owner', () => {
  it('takes listening sockets of that port only', () => {
    assert.deepEqual(listeningInodes(TABLE, 9979), ['111']);
    assert.deepEqual(listeningInodes(TABLE, 9978), ['333']);
    assert.deepEqual(listeningInodes(TABLE, 1), []);
  });

  for (const host of ['127.0.0.1', '::1']) {
    it(`finds this process by its socket on ${host}`, async () => {
      const server = createServer().listen(0, host);
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const owner = findPortOwner(port);
      server.close();
      await once(server, 'close');
      assert.equal(owner?.pid, process.pid);
      assert.match(owner?.command ?? '', /node/);
      assert.equal(findPortOwner(port), undefined);
    });
  }
});
