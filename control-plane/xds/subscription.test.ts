// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeSubscription, openSubscription, type Reply } from './subscription.js';

/** `*` first when the wildcard is on, then the names. */
function show(subscription: { wildcard: boolean; names: ReadonlySet<string> }): string {
  return [...(subscription.wildcard ? ['*'] : []), ...subscription.names].join(' ');
}

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

const openings: readonly [name: string, subscribe: string, unsubscribe: string, wants: string][] = [
  ['R10 naming nothing is the legacy wildcard', '', '', '*'],
  ['R10 the explicit wildcard', '*', '', '*'],
  ['a name', 'a', '', 'a'],
  ['names', 'a b', '', 'a b'],
  ['wildcard and a name', '* a', '', '* a'],
  ['both subscribing and unsubscribing the wildcard serves everything', '*', '*', '*'],
  ['a phantom unsubscribe is ignored', '', 'a', '*'],
  ['a name twice counts once', 'a a', '', 'a'],
];

for (const [name, subscribe, unsubscribe, wants] of openings) {
  test(`first request: ${name}`, () => {
    const step = openSubscription({ subscribe: words(subscribe), unsubscribe: words(unsubscribe) });
    assert.equal(show(step.subscription), wants);
    assert.equal(step.reply, 'any');
    assert.deepEqual(step.answer, words(wants.replace('*', '')));
  });
}

interface Change {
  readonly name: string;
  readonly from: string;
  readonly subscribe?: string;
  readonly unsubscribe?: string;
  readonly wants: string;
  readonly answer?: string;
  readonly reply?: Reply;
}

const changes: readonly Change[] = [
  { name: 'R8 an ACK changes nothing', from: '*', wants: '*' },
  {
    name: 'R11 a name beside the legacy wildcard',
    from: '',
    subscribe: 'a',
    wants: '* a',
    answer: 'a',
  },
  { name: 'R11 only the wildcard is given up', from: '* a', unsubscribe: '*', wants: 'a' },
  { name: 'R11 the last name is given up', from: 'a', unsubscribe: 'a', wants: '' },
  {
    name: 'R12 a name again is answered again',
    from: 'a',
    subscribe: 'a',
    wants: 'a',
    answer: 'a',
  },
  {
    name: 'R12 the wildcard again is answered in full',
    from: '*',
    subscribe: '*',
    wants: '*',
    reply: 'all',
  },
  { name: 'the wildcard after a name', from: 'a', subscribe: '*', wants: '* a', reply: 'any' },
  { name: 'R14 unsubscribing needs no answer', from: 'a b', unsubscribe: 'b', wants: 'a' },
  { name: 'R14 a phantom unsubscribe is ignored', from: 'a', unsubscribe: 'b', wants: 'a' },
  {
    name: 'R14 a phantom wildcard unsubscribe is ignored',
    from: 'a',
    unsubscribe: '*',
    wants: 'a',
  },
  {
    name: 'R14 a name under a wildcard is answered',
    from: '* a',
    unsubscribe: 'a',
    wants: '*',
    answer: 'a',
  },
  { name: 'R14 not a name nobody subscribed', from: '*', unsubscribe: 'a', wants: '*' },
  { name: 'R14 wildcard and name given up together', from: '* a', unsubscribe: '* a', wants: '' },
  {
    name: 'a name dropped and wanted back',
    from: 'a',
    subscribe: 'a',
    unsubscribe: 'a',
    wants: 'a',
    answer: 'a',
  },
  {
    name: 'the wildcard dropped and wanted back',
    from: '*',
    subscribe: '*',
    unsubscribe: '*',
    wants: '*',
    reply: 'all',
  },
  { name: 'R10 nothing left is not a wildcard', from: '* a', unsubscribe: 'a *', wants: '' },
];

for (const {
  name,
  from,
  subscribe = '',
  unsubscribe = '',
  wants,
  answer = '',
  reply = 'none',
} of changes) {
  test(`later request: ${name}`, () => {
    const current = openSubscription({ subscribe: words(from), unsubscribe: [] }).subscription;
    const step = changeSubscription(current, {
      subscribe: words(subscribe),
      unsubscribe: words(unsubscribe),
    });
    assert.equal(show(step.subscription), wants);
    assert.deepEqual(step.answer, words(answer));
    assert.equal(step.reply, reply);
  });
}
