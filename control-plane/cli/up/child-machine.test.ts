// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ChildEvent, type ChildState, FIRST_STATE, moveChild } from './child-machine.js';

const AGAIN: ChildState = { phase: 'starting', restarts: 1, wasReady: true };
const READY: ChildState = { phase: 'ready', restarts: 3, sinceMs: 1000 };
const WAITING: ChildState = { phase: 'waiting', restarts: 1 };
const STOPPING: ChildState = { phase: 'stopping' };
const STOPPED: ChildState = { phase: 'stopped' };
const FAILED: ChildState = { phase: 'failed' };
const READY_AT_5: ChildEvent = { type: 'became-ready', atMs: 5 };
const exitedAt = (atMs: number): ChildEvent => ({ type: 'exited', atMs });
const NOTHING = { do: 'nothing' } as const;

describe('moveChild', () => {
  for (const [name, state, event, next, action] of [
    [
      'first readiness',
      FIRST_STATE,
      READY_AT_5,
      { phase: 'ready', restarts: 0, sinceMs: 5 },
      NOTHING,
    ],
    ['death before the first readiness fails', FIRST_STATE, exitedAt(5), FAILED, NOTHING],
    [
      'later deaths wait longer',
      AGAIN,
      exitedAt(5),
      { phase: 'waiting', restarts: 2 },
      { do: 'wait', delayMs: 1000 },
    ],
    [
      'a short life keeps the count',
      READY,
      exitedAt(15_999),
      { phase: 'waiting', restarts: 4 },
      { do: 'wait', delayMs: 4000 },
    ],
    [
      'a long life starts over',
      READY,
      exitedAt(16_000),
      { phase: 'waiting', restarts: 1 },
      { do: 'wait', delayMs: 500 },
    ],
    [
      'the longest delay',
      { ...AGAIN, restarts: 40 },
      exitedAt(5),
      { phase: 'waiting', restarts: 41 },
      { do: 'wait', delayMs: 15_000 },
    ],
    ['the delay is over', WAITING, { type: 'delay-over' }, AGAIN, { do: 'spawn' }],
    ['stop while starting', FIRST_STATE, { type: 'stop' }, STOPPING, { do: 'terminate' }],
    ['stop while ready', READY, { type: 'stop' }, STOPPING, { do: 'terminate' }],
    ['stop while waiting', WAITING, { type: 'stop' }, STOPPED, NOTHING],
    ['death on request', STOPPING, exitedAt(5), STOPPED, NOTHING],
    ['late readiness', STOPPING, READY_AT_5, STOPPING, NOTHING],
    ['late delay', STOPPED, { type: 'delay-over' }, STOPPED, NOTHING],
    ['stop again', STOPPING, { type: 'stop' }, STOPPING, NOTHING],
    ['stop after a failure', FAILED, { type: 'stop' }, FAILED, NOTHING],
  ] as readonly [string, ChildState, ChildEvent, ChildState, object][]) {
    it(name, () => assert.deepEqual(moveChild(state, event), { state: next, action }));
  }
});
