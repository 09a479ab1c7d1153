// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { finding, formatConditionTime, mergeFindings, stampConditions } from './conditions.js';

describe('stampConditions', () => {
  const before = stampConditions(
    [finding('B', 'True', 'Old', 'old'), finding('A', 'False', 'Old', 'old')],
    { generation: 1, now: '2025-01-01T00:00:00Z', previous: [] },
  );

  it('sorts by type', () =>
    assert.deepEqual(
      before.map(({ type }) => type),
      ['A', 'B'],
    ));

  it('moves the time only of a status that changes, and the generation of all', () => {
    const after = stampConditions(
      [finding('A', 'True', 'New', 'new'), finding('B', 'True', 'New', 'new')],
      { generation: 2, now: '2026-01-01T00:00:00Z', previous: before },
    );
    assert.deepEqual(after, [
      {
        type: 'A',
        status: 'True',
        observedGeneration: 2,
        lastTransitionTime: '2026-01-01T00:00:00Z',
        reason: 'New',
        message: 'new',
      },
      {
        type: 'B',
        status: 'True',
        observedGeneration: 2,
        lastTransitionTime: '2025-01-01T00:00:00Z',
        reason: 'New',
        message: 'new',
      },
    ]);
  });

  it('writes times as Kubernetes does', () => {
    assert.equal(formatConditionTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), '2026-01-02T03:04:05Z');
  });
});

describe('mergeFindings', () => {
  const plain = finding('T', 'True', 'Fine', 'plain');
  const remark = finding('T', 'True', 'Partly', 'remark');
  const unknown = finding('T', 'Unknown', 'NotReported', 'unknown');
  const rolling = finding('T', 'False', 'RollingOut', 'rolling');
  const rejected = finding('T', 'False', 'Rejected', 'rejected');
  const order = [plain, remark, unknown, rolling, rejected];

  it('is none of none', () => assert.equal(mergeFindings([], 'Fine'), undefined));
  order.forEach((worst, index) => {
    it(`is ${worst.status} ${worst.reason} among what is better`, () => {
      const better = order.slice(0, index);
      assert.deepEqual(mergeFindings([...better, worst, ...better], 'Fine'), worst);
    });
  });

  it('says what is equally bad together, and each sentence once', () => {
    const other = { ...rolling, message: 'another' };
    const merged = mergeFindings([rolling, plain, other, rolling, unknown], 'Fine');
    assert.deepEqual(merged, { ...rolling, message: 'rolling; another' });
  });
});
