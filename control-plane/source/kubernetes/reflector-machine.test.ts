// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClusterObject } from './cluster-object.js';
import {
  ABSENT_RETRY_MS,
  DENIED_RETRY_MS,
  type FailureCause,
  type ReflectorEffect,
  type ReflectorInput,
  type ReflectorState,
  stepReflector,
} from './reflector-machine.js';

function object(name: string, resourceVersion: string): ClusterObject {
  return { metadata: { name, namespace: 'a', resourceVersion } };
}

const [a, b, c] = [object('a', '4'), object('b', '5'), object('c', '9')];

function failed(cause: FailureCause, retryAfterMs?: number): ReflectorInput {
  const failure = {
    cause,
    message: cause,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  return { type: 'failed', failure };
}

function put(changed: ClusterObject): ReflectorInput {
  return { type: 'event', change: 'put', object: changed };
}

/** Runs inputs from the beginning and returns the last state with the effects of each step. */
function run(...inputs: readonly ReflectorInput[]) {
  let state: ReflectorState = { phase: 'idle' };
  const effects: (readonly ReflectorEffect[])[] = [];
  for (const input of inputs) {
    const step = stepReflector(state, input);
    state = step.state;
    effects.push(step.effects);
  }
  return { state, effects, last: effects.at(-1) ?? [] };
}

const started: ReflectorInput = { type: 'started' };
const due: ReflectorInput = { type: 'due' };
const ended: ReflectorInput = { type: 'ended' };
const lastPage: ReflectorInput = { type: 'page', items: [b], revision: '7' };
const firstPage: ReflectorInput = { type: 'page', items: [a], revision: '7', continueToken: 't' };
const watching: readonly ReflectorInput[] = [started, lastPage];

describe('a list', () => {
  it('replaces nothing before its last page, then everything at once, and is watched from there', () => {
    const { effects } = run(started, firstPage, lastPage);
    assert.deepEqual(effects, [
      [{ do: 'list', paged: true }],
      [{ do: 'list', paged: true, continueToken: 't' }],
      [{ do: 'replace', items: [a, b] }, { do: 'settled' }, { do: 'watch', revision: '7' }],
    ]);
  });

  it('that is empty is the truth too', () => {
    const { last } = run(started, { type: 'page', items: [], revision: '3' });
    assert.deepEqual(last[0], { do: 'replace', items: [] });
  });

  const rows: readonly [string, ReflectorInput, number, ReflectorEffect][] = [
    [
      'a page that failed is asked for again',
      failed('unavailable'),
      0,
      { do: 'list', paged: true, continueToken: 't' },
    ],
    [
      'a throttled one no earlier than allowed',
      failed('throttled', 9_000),
      9_000,
      { do: 'list', paged: true, continueToken: 't' },
    ],
    [
      'new credentials go on with the same page',
      failed('unauthorized'),
      0,
      { do: 'list', paged: true, continueToken: 't' },
    ],
    [
      'an expired token begins anew, in one piece',
      failed('expired'),
      0,
      { do: 'list', paged: false },
    ],
    [
      'a server that was gone may be another: anew',
      failed('refused'),
      0,
      { do: 'list', paged: true },
    ],
    ['an answer that is no list: anew', failed('unintelligible'), 0, { do: 'list', paged: true }],
    ['without the right: slowly', failed('denied'), DENIED_RETRY_MS, { do: 'list', paged: true }],
  ];
  for (const [name, failure, atLeastMs, next] of rows) {
    it(`${name}`, () => {
      const { effects, last } = run(started, firstPage, failure, due);
      assert.deepEqual(effects[2], [{ do: 'wait', atLeastMs }]);
      assert.deepEqual(last, [next]);
    });
  }

  it('keeps the pages it has while one of them fails', () => {
    const { last } = run(started, firstPage, failed('unavailable'), due, lastPage);
    assert.deepEqual(last[0], { do: 'replace', items: [a, b] });
  });

  it('forgets them when the list begins anew', () => {
    const { last } = run(started, firstPage, failed('expired'), due, lastPage);
    assert.deepEqual(last[0], { do: 'replace', items: [b] });
  });

  it('of a kind that is not installed settles, replaces nothing, and is asked for slowly', () => {
    const { last } = run(started, failed('absent'));
    assert.deepEqual(last, [{ do: 'settled' }, { do: 'wait', atLeastMs: ABSENT_RETRY_MS }]);
  });
});

describe('a watch', () => {
  it('hands on each change, and goes on from the newest revision, bookmarks included', () => {
    const bookmark: ReflectorInput = {
      type: 'event',
      change: 'bookmark',
      object: object('', '12'),
    };
    const { effects, last } = run(...watching, put(c), bookmark, ended);
    assert.deepEqual(effects[2], [
      { do: 'reset-backoff' },
      { do: 'change', change: 'put', object: c },
    ]);
    assert.deepEqual(effects[3], []);
    assert.deepEqual(last, [
      { do: 'rewatching', cause: 'ended' },
      { do: 'watch', revision: '12' },
    ]);
  });

  it('that ends without a word is opened again after a pause', () => {
    const { last } = run(...watching, ended);
    assert.deepEqual(last, [
      { do: 'rewatching', cause: 'ended' },
      { do: 'wait', atLeastMs: 0 },
    ]);
  });

  const rows: readonly [FailureCause, 'relisting' | 'rewatching', ReflectorEffect][] = [
    ['unavailable', 'rewatching', { do: 'watch', revision: '9' }],
    ['throttled', 'rewatching', { do: 'watch', revision: '9' }],
    ['unauthorized', 'rewatching', { do: 'watch', revision: '9' }],
    ['expired', 'relisting', { do: 'list', paged: true }],
    ['refused', 'relisting', { do: 'list', paged: true }],
    ['unintelligible', 'relisting', { do: 'list', paged: true }],
    ['absent', 'relisting', { do: 'list', paged: true }],
    ['denied', 'relisting', { do: 'list', paged: true }],
  ];
  for (const [cause, restart, next] of rows) {
    it(`${cause}: ${restart}, after a pause`, () => {
      const { effects, last } = run(...watching, put(c), failed(cause), due);
      assert.deepEqual(effects[3], [
        { do: restart, cause },
        { do: 'wait', atLeastMs: 0 },
      ]);
      assert.deepEqual(last, [next]);
    });
  }
});

describe('another history', () => {
  it('shows in a revision before the one that was seen: everything is listed again', () => {
    const back: ReflectorInput = { type: 'event', change: 'bookmark', object: object('', '6') };
    const { effects, last } = run(...watching, back, due);
    assert.deepEqual(effects[2]?.[0], { do: 'relisting', cause: 'expired' });
    assert.deepEqual(last, [{ do: 'list', paged: true }]);
    const same: ReflectorInput = { type: 'event', change: 'bookmark', object: object('', '7') };
    assert.equal(run(...watching, same).state.phase, 'watching');
  });

  it('may be why a second watch in a row says nothing: everything is listed again', () => {
    const again = [failed('unavailable'), due];
    assert.deepEqual(run(...watching, ...again).last, [{ do: 'watch', revision: '7' }]);
    assert.deepEqual(run(...watching, ...again, ...again).last, [{ do: 'list', paged: true }]);
    const heard = run(...watching, ...again, put(c), ...again);
    assert.deepEqual(heard.last, [{ do: 'watch', revision: '9' }]);
  });
});

describe('what no longer fits', () => {
  const rows: readonly [string, readonly ReflectorInput[]][] = [
    ['an event after the watch failed', [...watching, failed('unavailable'), put(c)]],
    ['a page while watching', [...watching, lastPage]],
    ['a timer while listing', [started, due]],
    ['a second start', [started, started]],
    ['an end while waiting', [...watching, failed('expired'), ended]],
  ];
  for (const [name, inputs] of rows) {
    it(`${name} changes nothing`, () => {
      const before = run(...inputs.slice(0, -1)).state;
      const { state, last } = run(...inputs);
      assert.deepEqual(last, []);
      assert.equal(JSON.stringify(state), JSON.stringify(before));
    });
  }
});
