// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReadMemory } from './read-memory.js';

describe('memory that sockets are read into', () => {
  it('is shared while reads are small, and own from the first that fills it', () => {
    const memory = new ReadMemory();
    const { shared } = memory;
    assert.equal(memory.next(shared, shared.length - 1, false), shared);
    const own = memory.next(shared, shared.length, false);
    assert.notEqual(own, shared);
    assert.equal(memory.next(own, own.length, false), own);
    assert.equal(memory.next(own, 1, false), shared);
    assert.equal(memory.take(), own);
  });

  it('is never read into while a part of it is still to be written', () => {
    const memory = new ReadMemory();
    const own = memory.take();
    assert.notEqual(memory.next(own, own.length, true), own);
    assert.equal(memory.next(own, 1, true), memory.shared);
    assert.notEqual(memory.take(), own);
  });
});
