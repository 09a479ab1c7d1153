// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONTROLLER_NAME } from '../../compile/previous-status.js';
import type { JsonValue } from '../../log/transaction.js';
import { mergeStatus, sameStatus } from './merge-status.js';

function condition(type: string, status: string, time = '2026-11-22T10:00:00Z') {
  return { type, status, reason: 'R', message: 'm', lastTransitionTime: time };
}

function ancestor(name: string, controllerName: string, ...conditions: readonly JsonValue[]) {
  return { ancestorRef: { name }, controllerName, conditions };
}

const EARLY = '2026-01-01T00:00:00Z';
const LATE = '2026-11-22T10:00:00Z';
const OTHER = 'example.com/other';
const foreign = ancestor('g', OTHER, condition('Accepted', 'True', EARLY));
const own = ancestor('g', CONTROLLER_NAME, condition('Accepted', 'True', LATE));

describe('a status is merged', () => {
  const rows: readonly [string, JsonValue | undefined, JsonValue, JsonValue][] = [
    ['into nothing', undefined, { ancestors: [own] }, { ancestors: [own] }],
    [
      'beside entries of other controllers',
      { ancestors: [foreign] },
      { ancestors: [own] },
      { ancestors: [foreign, own] },
    ],
    [
      'in place of our own entry; a condition that says the same keeps its time',
      {
        ancestors: [ancestor('g', CONTROLLER_NAME, condition('Accepted', 'True', EARLY)), foreign],
      },
      { ancestors: [own] },
      {
        ancestors: [foreign, ancestor('g', CONTROLLER_NAME, condition('Accepted', 'True', EARLY))],
      },
    ],
    [
      'with the new time where a condition says something else',
      { ancestors: [ancestor('g', CONTROLLER_NAME, condition('Accepted', 'False', EARLY))] },
      { ancestors: [own] },
      { ancestors: [own] },
    ],
    [
      'without our entries that are no longer',
      { ancestors: [own, foreign] },
      { ancestors: [] },
      { ancestors: [foreign] },
    ],
    [
      'by type: conditions that are not ours stay, ours that are no longer go',
      { conditions: [condition('Ready', 'True', EARLY), condition('Attached', 'True', EARLY)] },
      { conditions: [condition('Accepted', 'True')] },
      { conditions: [condition('Ready', 'True', EARLY), condition('Accepted', 'True')] },
    ],
    [
      'listener by listener, with the fields that others wrote beside them',
      {
        addresses: [{ value: '10.0.0.1' }],
        listeners: [
          { name: 'http', conditions: [condition('Programmed', 'True', EARLY)] },
          { name: 'gone' },
        ],
      },
      {
        listeners: [
          { name: 'http', attachedRoutes: 2, conditions: [condition('Programmed', 'True', LATE)] },
        ],
      },
      {
        addresses: [{ value: '10.0.0.1' }],
        listeners: [
          { name: 'http', attachedRoutes: 2, conditions: [condition('Programmed', 'True', EARLY)] },
        ],
      },
    ],
    [
      'with our plain fields',
      { inForce: '1/3', observed: 4 },
      { inForce: '3/3' },
      { inForce: '3/3', observed: 4 },
    ],
    ['over what is no object at all', 'odd', { ancestors: [own] }, { ancestors: [own] }],
  ];
  for (const [name, before, desired, expected] of rows) {
    it(name, () => {
      const merged = mergeStatus(before, desired);
      assert.deepEqual(merged, expected);
      assert.ok(
        sameStatus(mergeStatus(merged, desired), merged),
        'merged again it changes nothing',
      );
    });
  }

  it('within the limit of the list: others keep their places', () => {
    const others = Array.from({ length: 15 }, (_, i) => ancestor(`o${i}`, OTHER));
    const ours = ['a', 'b', 'c'].map((name) => ancestor(name, CONTROLLER_NAME));
    const { ancestors } = mergeStatus({ ancestors: others }, { ancestors: ours }) as {
      readonly ancestors: readonly JsonValue[];
    };
    assert.deepEqual(ancestors, [...others, ours[0]]);
  });
});

it('an empty list says as much as no list, and nothing as much as an empty status', () => {
  assert.ok(sameStatus(undefined, { parents: [] }));
  assert.ok(!sameStatus(undefined, { parents: [own] }));
});
