// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventBody, WorkerRef } from './event.js';
import { eventId, eventSubject } from './event-id.js';

const gateway = { cluster: 'local', namespace: 'httpbin', name: 'agentgateway-proxy' };
const worker: WorkerRef = { key: 'local/w-0', nodeId: 'w-0', gateway };

describe('eventId', () => {
  test('is 32 hex digits and equal for equal input', () => {
    assert.match(eventId(7, 'a', 'b'), /^[0-9a-f]{32}$/);
    assert.equal(eventId(7, 'a', 'b'), eventId(7, 'a', 'b'));
  });

  const others: [string, number, string, string][] = [
    ['another cause', 8, 'a', 'b'],
    ['another subject', 7, 'x', 'b'],
    ['another step', 7, 'a', 'x'],
    ['the border between subject and step moved', 7, 'ab', ''],
  ];
  for (const [name, cause, subject, step] of others) {
    test(`differs for ${name}`, () => {
      assert.notEqual(eventId(cause, subject, step), eventId(7, 'a', 'b'));
    });
  }
});

describe('eventSubject', () => {
  const rows: [EventBody, string][] = [
    [{ type: 'applied', seq: 1, actor: 'a', reason: 'r', keys: [] }, 'log'],
    [{ type: 'compiled', gateway, hash: 'h' }, 'gateway/local/httpbin/agentgateway-proxy'],
    [{ type: 'worker-lost', worker, reason: 'gone' }, 'worker/local/w-0'],
  ];
  for (const [body, subject] of rows) {
    test(`${body.type} is about ${subject}`, () => assert.equal(eventSubject(body), subject));
  }
});
