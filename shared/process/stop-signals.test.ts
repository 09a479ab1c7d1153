// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onStopSignal } from './stop-signals.js';

describe('onStopSignal', () => {
  it('hands over each signal until it is disposed', () => {
    const before = process.listenerCount('SIGTERM');
    const seen: string[] = [];
    const dispose = onStopSignal((signal) => seen.push(signal));
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    process.emit('SIGHUP', 'SIGHUP');
    dispose();
    assert.deepEqual(seen, ['SIGTERM', 'SIGINT', 'SIGHUP']);
    assert.equal(process.listenerCount('SIGTERM'), before);
  });
});
