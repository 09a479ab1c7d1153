// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventBody, HeartlineEvent, WorkerRef } from './event.js';
import { eventId, eventSubject } from './event-id.js';

const gateway = { cluster: 'local', namespace: 'httpbin', name: 'agentgateway-proxy' };
const worker: WorkerRef = { key: 'local/w-0', nodeId: 'w-0', gateway };

describe('eventId', () => {
  const event = (cause: number, key: string, step: string): HeartlineEvent => ({
    ...{ type: 'worker-lost', worker: { ...worker, key }, reason: 'gone' },
    ...{ cause, step, source: 'a replica', n: 1, time: 1 },
  });

  test('is 32 hex digits, and equal wherever and whenever the event was seen', () => {
    const seen = event(7, 'a', 'b');
    assert.match(eventId(seen), /^[0-9a-f]{32}$/);
    assert.equal(eventId(seen), eventId({ ...seen, source: 'another', n: 9, time: 5 }));
  });

  const others: [string, HeartlineEvent][] = [
    ['another cause', event(8, 'a', 'b')],
    ['another subject', event(7, 'x', 'b')],
    ['another step', event(7, 'a', 'x')],
    ['the border between subject and step moved', event(7, 'ab', '')],
  ];
  for (const [name, other] of others) {
    test(`differs for ${name}`, () => {
      assert.notEqual(eventId(other), eventId(event(7, 'a', 'b')));
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
