// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { createProgress } from './progress.js';

function record(isInteractive: boolean) {
  const written: string[] = [];
  const terminal = {
    out: (text: string) => void written.push(`out ${text}`),
    err: (text: string) => void written.push(text),
    errRaw: (text: string) => void written.push(JSON.stringify(text)),
    outRaw: (text: string) => void written.push(`out ${text}`),
    screen: undefined,
    isInteractive,
    env: {},
    cwd: '/',
    stdin: new PassThrough(),
  };
  return { written, terminal };
}

describe('progress', () => {
  for (const [name, isInteractive, isQuiet, expected] of [
    ['plain lines into a pipe', false, false, ['one…', 'kept', 'two…']],
    [
      'one redrawn line on a terminal',
      true,
      false,
      ['"\\r\\u001b[Kone…"', '"\\r\\u001b[K"', 'kept', '"\\r\\u001b[Ktwo…"', '"\\r\\u001b[K"'],
    ],
    ['only what matters when quiet', true, true, ['kept']],
  ] as const) {
    it(name, () => {
      const { written, terminal } = record(isInteractive);
      const progress = createProgress(terminal, isQuiet);
      progress.step('one');
      progress.say('kept');
      progress.step('two');
      progress.end();
      progress.end();
      assert.deepEqual(written, expected);
    });
  }
});
