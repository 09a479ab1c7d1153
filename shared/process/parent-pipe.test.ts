// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { onParentGone } from './parent-pipe.js';

describe('onParentGone', () => {
  for (const [name, act] of [
    ['ends', (pipe: PassThrough) => void pipe.end()],
    ['is destroyed', (pipe: PassThrough) => void pipe.destroy()],
    ['breaks', (pipe: PassThrough) => void pipe.destroy(new Error('reset'))],
  ] as const) {
    it(`calls back once when the pipe ${name}`, async () => {
      const pipe = new PassThrough();
      let calls = 0;
      onParentGone(pipe, () => {
        calls += 1;
      });
      pipe.write('what a parent writes does not matter');
      const closed = new Promise((resolve) => pipe.once('close', resolve));
      act(pipe);
      await closed;
      assert.equal(calls, 1);
    });
  }

  it('does not call back while the pipe is open', async () => {
    const pipe = new PassThrough();
    let calls = 0;
    onParentGone(pipe, () => {
      calls += 1;
    });
    pipe.write('x');
    assert.equal(calls, 0);
    pipe.destroy();
    await once(pipe, 'close');
  });
});
