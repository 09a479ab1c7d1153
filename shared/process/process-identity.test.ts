// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { identifyProcess, isRunning, parseStartTicks } from './process-identity.js';

describe('process identity', () => {
  for (const [name, command] of [
    ['a plain name', 'node'],
    ['a name with blanks and parentheses', 'a) S 1 (b'],
  ] as const) {
    it(`finds the start time behind ${name}`, () => {
      const fields = Array.from({ length: 50 }, (_, at) => String(at + 3)).join(' ');
      assert.equal(parseStartTicks(`42 (${command}) ${fields}`), 22);
    });
  }

  it('knows this process, and not one that reuses its pid', () => {
    const self = identifyProcess(process.pid);
    assert.ok(self);
    assert.equal(isRunning(self), true);
    assert.equal(isRunning({ ...self, startTicks: self.startTicks - 1 }), false);
  });

  it('is undefined for a pid that is free', () => {
    assert.equal(identifyProcess(2 ** 30), undefined);
  });
});
