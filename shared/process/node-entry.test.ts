// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nodeEntryArgs } from './node-entry.js';

describe('nodeEntryArgs', () => {
  it('repeats the loader flags when it runs from sources', () => {
    assert.deepEqual(nodeEntryArgs('file:///p/a/b.ts', '../c/main', ['--import', 'tsx']), [
      '--import',
      'tsx',
      '/p/c/main.ts',
    ]);
  });

  it('needs none when it runs from the build', () => {
    assert.deepEqual(nodeEntryArgs('file:///p/a/b.js', './main', ['--inspect']), ['/p/a/main.js']);
  });
});
