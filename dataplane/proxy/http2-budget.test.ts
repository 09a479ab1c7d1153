// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUDGET, Http2Budget } from './http2-budget.js';

const SECOND_MS = 1000;
const KIB = 1024;
const NOTHING_WRITTEN = (): number => 0;

/** How often `spend` may be called at one moment. */
function countAffordable(spend: () => boolean): number {
  let count = 0;
  while (spend()) count += 1;
  return count;
}

describe('HTTP/2 budget', () => {
  const bursts: [string, (budget: Http2Budget, nowMs: number) => boolean, number, number][] = [
    ['PINGs', (budget, nowMs) => budget.ping(nowMs, NOTHING_WRITTEN), 500, 100],
    ['SETTINGS', (budget, nowMs) => budget.settings(nowMs), 100, 10],
    ['requests taken back', (budget, nowMs) => budget.reset(nowMs) !== 'spent', 500, 100],
  ];
  for (const [name, spend, burst, perSecond] of bursts) {
    it(`allows ${burst} ${name} at once and ${perSecond} a second`, () => {
      const budget = new Http2Budget();
      assert.equal(
        countAffordable(() => spend(budget, 0)),
        burst,
      );
      assert.equal(
        countAffordable(() => spend(budget, SECOND_MS)),
        perSecond,
      );
    });
  }

  it('pays for PINGs that measure the path of what was sent', () => {
    const budget = new Http2Budget();
    let written = 0;
    for (let i = 0; i < 20_000; i += 1) {
      written += KIB;
      assert.equal(
        budget.ping(0, () => written),
        true,
      );
    }
    const left = countAffordable(() => budget.ping(0, () => written));
    assert.ok(left <= BUDGET.ping.burst, `${left} more without another byte`);
  });

  it('never ends a client with 1,000 requests a second that takes 5 % of them back and PINGs every 10 s', () => {
    const budget = new Http2Budget();
    let bytesRead = 0;
    let bytesWritten = 0;
    for (let second = 1; second <= 600; second += 1) {
      const nowMs = second * SECOND_MS;
      for (let i = 0; i < 1000; i += 1) {
        budget.explainRequest(16 * KIB);
        bytesRead += 300;
        bytesWritten += 300;
        if (i % 20 === 0) assert.notEqual(budget.reset(nowMs), 'spent');
      }
      if (second % 10 === 0) assert.equal(budget.ping(nowMs, NOTHING_WRITTEN), true);
      assert.equal(budget.look(nowMs, { bytesRead, bytesWritten, bytesUnread: 0 }), true);
    }
  });

  it('finds a connection worn before the HTTP/2 library does', () => {
    const budget = new Http2Budget();
    const verdicts = Array.from({ length: 2000 }, (_, i) => budget.reset((i * SECOND_MS) / 90));
    assert.equal(verdicts.includes('spent'), false);
    const first = verdicts.indexOf('worn');
    // 900, and 30 for each of the 15 s that it takes: nghttp2 would have counted 1,000 and 33.
    assert.ok(first > 1340 && first < 1360, String(first));
    const calm = new Http2Budget();
    for (let i = 0; i < 10_000; i += 1) assert.equal(calm.reset(i * 34), 'fine');
  });

  it('becomes wary of a peer that takes much back, and forgets it', () => {
    const budget = new Http2Budget();
    for (let i = 0; i < 20; i += 1) budget.reset(0);
    assert.equal(budget.isWary(0), false);
    budget.reset(0);
    assert.equal(budget.isWary(0), true);
    assert.equal(budget.isWary(SECOND_MS), false);
  });

  const { burst, perSecond } = BUDGET.noise;
  const looks: [
    string,
    (budget: Http2Budget) => void,
    { read: number; written?: number; unread?: number },
    boolean,
  ][] = [
    ['bytes up to the burst', () => undefined, { read: burst }, true],
    ['more bytes than that', () => undefined, { read: burst + 1 }, false],
    ['a body', (budget) => budget.explainBody(burst), { read: 2 * burst }, true],
    ['a body that nobody has read yet', () => undefined, { read: 2 * burst, unread: burst }, true],
    [
      'window updates for what was sent',
      () => undefined,
      { read: 2 * burst, written: burst },
      true,
    ],
    ['heads of requests', (budget) => budget.explainRequest(burst), { read: 3 * burst }, true],
  ];
  for (const [name, before, { read, written = 0, unread = 0 }, affordable] of looks) {
    it(`takes ${name} for ${affordable ? 'traffic' : 'noise'}`, () => {
      const budget = new Http2Budget();
      before(budget);
      const totals = { bytesRead: read, bytesWritten: written, bytesUnread: unread };
      assert.equal(budget.look(SECOND_MS, totals), affordable);
    });
  }

  it('allows a little noise for ever, and more of it for a while', () => {
    const budget = new Http2Budget();
    const endsAfterS = (noisePerSecond: number): number => {
      for (let second = 1; second <= 1000; second += 1) {
        const bytesRead = second * noisePerSecond;
        const totals = { bytesRead, bytesWritten: 0, bytesUnread: 0 };
        if (!budget.look(second * SECOND_MS, totals)) return second;
      }
      return Number.POSITIVE_INFINITY;
    };
    assert.equal(endsAfterS(perSecond), Number.POSITIVE_INFINITY);
    assert.ok(endsAfterS(2 * perSecond) <= 18);
  });
});
