// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOfPeer } from './peer-host.js';
import { createWorkerDirectory, type DirectoryEntry } from './worker-directory.js';

const entry = (key: string, host = '10.0.0.1', name = 'gw'): DirectoryEntry => ({
  worker: { key, nodeId: key, gateway: { cluster: 'local', namespace: 'httpbin', name } },
  host,
});

test('a second stream from the same host hands over the first', () => {
  const directory = createWorkerDirectory();
  const [first, second] = [entry('w'), entry('w')];
  assert.equal(directory.admit(first), undefined);
  assert.equal(directory.admit(second), first);
  assert.equal(directory.leave(first), true);
  assert.equal(directory.leave(first), false, 'leaving twice');
  assert.deepEqual([...directory.ofGateway(second.worker.gateway)], [second]);
  assert.deepEqual([...directory.all()], [second]);
});

test('a second stream from another host is refused while the first is live', () => {
  const directory = createWorkerDirectory();
  const first = entry('w');
  const elsewhere = entry('w', '10.0.0.2');
  directory.admit(first);
  assert.throws(() => directory.admit(elsewhere), {
    code: 'ALREADY_EXISTS',
    message: /10\.0\.0\.1/,
  });
  assert.deepEqual([...directory.all()], [first]);
  directory.leave(first);
  assert.equal(directory.admit(elsewhere), undefined);
});

test('streams are found by gateway, whatever gateway a restarted worker serves', () => {
  const directory = createWorkerDirectory();
  const before = entry('w', '10.0.0.1', 'a');
  const after = entry('w', '10.0.0.1', 'b');
  directory.admit(before);
  directory.admit(after);
  directory.leave(before);
  assert.deepEqual([...directory.ofGateway(before.worker.gateway)], []);
  assert.deepEqual([...directory.ofGateway(after.worker.gateway)], [after]);
});

const peers: readonly [peer: string, host: string][] = [
  ['10.0.0.7:41234', '10.0.0.7'],
  ['::1:41234', '::1'],
  ['[::1]:41234', '::1'],
  ['fd00::7:41234', 'fd00::7'],
  ['::ffff:10.0.0.7:41234', '10.0.0.7'],
  ['unknown', 'unknown'],
];
for (const [peer, host] of peers) {
  test(`host of ${peer}`, () => assert.equal(hostOfPeer(peer), host));
}
