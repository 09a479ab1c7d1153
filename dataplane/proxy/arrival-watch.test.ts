// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyWatch, HeadWatch } from './arrival-watch.js';

const LIMIT_MS = 30_000;

describe('watch over a head', () => {
  /** Looks when it asks to be looked at, while the client sends a byte at each of these times; returns when it was late. */
  function lateAtMs(byteTimes: readonly number[]): number {
    const watch = new HeadWatch(LIMIT_MS, 0, 100);
    for (let nowMs = watch.dueMs; nowMs <= 10 * LIMIT_MS; nowMs = watch.dueMs) {
      const sent = byteTimes.filter((at) => at <= nowMs);
      const lastByteMs = sent[sent.length - 1] ?? 0;
      if (watch.isLate({ nowMs, bytesRead: 100 + sent.length, lastByteMs })) return nowMs;
    }
    return Number.POSITIVE_INFINITY;
  }
  const drip = Array.from({ length: 300 }, (_, index) => 7_300 + index * 1000);
  const rows: [string, number[], number, number][] = [
    ['an idle connection is none', [], Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['one packet and silence', [12_345], 12_345 + LIMIT_MS, 12_345 + LIMIT_MS],
    ['a byte a second', drip, 7_300 + LIMIT_MS, 7_300 + LIMIT_MS + LIMIT_MS / 6],
  ];
  for (const [name, bytes, from, to] of rows) {
    it(`${name}: late never before the limit, and soon after it`, () => {
      const atMs = lateAtMs(bytes);
      assert.ok(atMs >= from && atMs <= to, `${atMs}`);
    });
  }

  it('begins anew with each request', () => {
    const watch = new HeadWatch(LIMIT_MS, 0, 0);
    assert.equal(watch.isLate({ nowMs: 5000, bytesRead: 10, lastByteMs: 4000 }), false);
    watch.restart(6000, 10);
    assert.equal(watch.isLate({ nowMs: 40_000, bytesRead: 10, lastByteMs: 4000 }), false);
  });
});

describe('watch over a body', () => {
  const at = (nowMs: number, lastByteMs: number) => ({ nowMs, bytesRead: 0, lastByteMs });

  it('silence is late at the limit', () => {
    const watch = new BodyWatch(LIMIT_MS, 1000);
    assert.equal(watch.dueMs, 31_000);
    assert.equal(watch.isLate(at(30_999, 0), false), false);
    assert.equal(watch.isLate(at(31_000, 0), false), true);
  });

  it('each byte starts it again', () => {
    const watch = new BodyWatch(LIMIT_MS, 0);
    assert.equal(watch.isLate(at(30_000, 20_000), false), false);
    assert.equal(watch.dueMs, 50_000);
    assert.equal(watch.isLate(at(50_000, 20_000), false), true);
  });

  it('time in which we did not read does not count', () => {
    const watch = new BodyWatch(LIMIT_MS, 0);
    assert.equal(watch.isLate(at(30_000, 10), true), false);
    assert.equal(watch.isLate(at(59_999, 10), false), false);
    assert.equal(watch.isLate(at(60_000, 10), false), true);
  });
});
