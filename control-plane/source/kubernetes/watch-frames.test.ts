// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFrameSplitter, readFrame } from './watch-frames.js';

describe('frames of a watch', () => {
  it('are lines, however the bytes were cut, also inside a character', () => {
    const bytes = Buffer.from('{"a":"ü"}\n\n{"b":2}\n{"c"');
    for (let size = 1; size <= bytes.length; size += 1) {
      const splitter = createFrameSplitter();
      const lines: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        lines.push(...(splitter.take(bytes.subarray(at, at + size)) ?? assert.fail('too long')));
      }
      assert.deepEqual(lines, ['{"a":"ü"}', '{"b":2}'], `cut every ${size} bytes`);
    }
  });

  it('that never end are not collected', () => {
    const splitter = createFrameSplitter(10);
    assert.deepEqual(splitter.take(Buffer.from('12345')), []);
    assert.equal(splitter.take(Buffer.from('678901')), undefined);
  });
});

describe('a frame is read as', () => {
  const object = { metadata: { name: 'x', namespace: 'a', resourceVersion: '7' } };
  const bookmark = { kind: 'Gateway', metadata: { resourceVersion: '8' } };
  const rows: readonly [string, unknown, unknown][] = [
    [
      'a put when it was added',
      { type: 'ADDED', object },
      { type: 'event', change: 'put', object },
    ],
    [
      'a put when it was modified',
      { type: 'MODIFIED', object },
      { type: 'event', change: 'put', object },
    ],
    ['a removal', { type: 'DELETED', object }, { type: 'event', change: 'removed', object }],
    [
      'a bookmark, which has no name',
      { type: 'BOOKMARK', object: bookmark },
      { type: 'event', change: 'bookmark', object: bookmark },
    ],
    [
      'an expired revision',
      {
        type: 'ERROR',
        object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' },
      },
      { type: 'failed', failure: { cause: 'expired', message: 'too old' } },
    ],
    [
      'a revision ahead of the server',
      {
        type: 'ERROR',
        object: { code: 504, message: 'Too large resource version: 9, current: 3' },
      },
      {
        type: 'failed',
        failure: { cause: 'expired', message: 'Too large resource version: 9, current: 3' },
      },
    ],
    [
      'a server in trouble',
      { type: 'ERROR', object: { code: 500, message: 'etcd' } },
      { type: 'failed', failure: { cause: 'unavailable', message: 'etcd' } },
    ],
  ];
  for (const [name, frame, expected] of rows) {
    it(name, () => assert.deepEqual(readFrame(JSON.stringify(frame)), expected));
  }

  const odd: readonly string[] = [
    '{"type":"ADDED","object":{"metadata":{"na',
    '3',
    '{"type":"NEWS","object":{}}',
    '{"type":"ADDED","object":{"metadata":{"name":"x"}}}',
    '{"type":"ADDED","object":{"metadata":{"resourceVersion":"7"}}}',
    '{"type":"DELETED"}',
  ];
  for (const line of odd) {
    it(`unintelligible: ${line}`, () => {
      const input = readFrame(line);
      assert.equal(input.type === 'failed' && input.failure.cause, 'unintelligible');
    });
  }
});
