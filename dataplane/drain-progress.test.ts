// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '../shared/telemetry/logger.js';
import { manualClock } from '../shared/time/manual-clock.js';
import { createDrainDisplay, drainText } from './drain-progress.js';
import type { ConnectionProtocol, DrainProgress } from './engine/report.js';

function progress(hardEndInMs: number, ...counts: [ConnectionProtocol, number][]): DrainProgress {
  const left = counts.reduce((sum, [, count]) => sum + count, 0);
  return { left, byProtocol: new Map(counts), hardEndInMs };
}

describe('the text of a drain', () => {
  for (const [given, expected] of [
    [
      progress(12_000, ['tcp', 12], ['h2', 800]),
      'draining: 812 connections left (h2 800, tcp 12), 12 s to the hard end',
    ],
    [
      progress(9001, ['websocket', 1]),
      'draining: 1 connection left (websocket 1), 10 s to the hard end',
    ],
    [progress(0), 'draining: 0 connections left, 0 s to the hard end'],
  ] as const) {
    it(expected, () => assert.equal(drainText(given), expected));
  }
});

describe('the display of a drain', () => {
  function start(isTerminal: boolean) {
    const lines: Record<string, unknown>[] = [];
    const drawn: string[] = [];
    const clock = manualClock();
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const logger = createLogger({ name: 'test', destination });
    const draw = isTerminal ? (text: string) => void drawn.push(text) : undefined;
    return { lines, drawn, clock, display: createDrainDisplay({ clock, logger, draw }) };
  }

  it('in a pipe is a line of the log every three seconds', () => {
    const { lines, clock, display } = start(false);
    for (let ms = 0; ms <= 6000; ms += 500) {
      display.show(progress(10_000 - ms, ['tcp', 2], ['h2', 1]));
      clock.advance(500);
    }
    assert.deepEqual(
      lines.map(({ msg, left, hardEndSeconds }) => [msg, left, hardEndSeconds]),
      [
        ['draining', 3, 10],
        ['draining', 3, 7],
        ['draining', 3, 4],
      ],
    );
    assert.deepEqual(lines[0]?.['byProtocol'], { h2: 1, tcp: 2 });
  });

  it('on a terminal is one line that is drawn anew, and gone at the end', () => {
    const { lines, drawn, display } = start(true);
    display.show(progress(2000, ['tcp', 1]));
    display.finish({
      ended: new Map([
        ['drain', 3],
        ['client', 1],
      ]),
      cut: 1,
      tookMs: 2000.4,
    });
    assert.deepEqual(drawn, [
      '\r\x1b[Kdraining: 1 connection left (tcp 1), 2 s to the hard end',
      '\r\x1b[K',
    ]);
    const [{ msg, ended, cut, tookMs } = {}] = lines;
    assert.deepEqual([msg, ended, cut, tookMs], ['drained', { client: 1, drain: 3 }, 1, 2000]);
  });

  it('says nothing about no connections but the summary', () => {
    const { lines, display } = start(false);
    display.show(progress(1000));
    display.finish({ ended: new Map(), cut: 0, tookMs: 1 });
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['drained'],
    );
  });
});
