// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { snapshotOf, versionOf } from '../../test/support/resource-sets.js';
import { diffSets } from './difference.js';
import { heldVersion } from './holding.js';
import { NO_REJECTIONS } from './rejections.js';
import type { ResponsePlan, TypeTarget } from './response-plan.js';
import {
  openSession,
  receiveRequest,
  retarget,
  type Session,
  type SessionOutput,
  type SessionStep,
} from './session.js';
import { DELTA, type TypeRequest, type TypeStream } from './type-stream.js';

/** A scripted client against the session, with everything that happened written as short texts. */
class Play {
  session: Session<TypeStream> = openSession('s');
  target: TypeTarget;
  #number = 1;
  #nonce = '';

  constructor(contents: Contents, removals: boolean) {
    this.target = targetOf(contents, this.#number, removals);
  }

  ask(request: Partial<TypeRequest>): string[] {
    const lists = { resourceNamesSubscribe: [], resourceNamesUnsubscribe: [] };
    const typed = { typeUrl: RESOURCE_TYPE_URL, ...lists, ...request };
    return this.#tell(receiveRequest(this.session, typed, this.#context()));
  }

  answer(errorMessage?: string, more: Partial<TypeRequest> = {}): string[] {
    const detail = errorMessage === undefined ? {} : { errorDetail: { message: errorMessage } };
    return this.ask({ responseNonce: this.#nonce, ...detail, ...more });
  }

  want(contents: Contents, removals: boolean): string[] {
    this.#number += 1;
    this.target = targetOf(contents, this.#number, removals);
    return this.#tell(retarget(this.session, RESOURCE_TYPE_URL, this.#context()));
  }

  #context() {
    return {
      targetOf: () => this.target,
      differ: diffSets,
      heldSet: () => undefined,
      rejectionsOf: () => NO_REJECTIONS,
      protocol: DELTA,
    };
  }

  #tell(step: SessionStep<TypeStream, ResponsePlan>): string[] {
    this.session = step.session;
    for (const output of step.outputs) if (output.kind === 'send') this.#nonce = output.nonce;
    return step.outputs.map(describe);
  }
}

type Contents = { readonly [name: string]: string };
type Step = readonly [action: (play: Play) => string[], expected: string[]];

function targetOf(contents: Contents, number: number, removals: boolean): TypeTarget {
  return { set: snapshotOf(contents, number), label: `v${number}`, removals };
}

/** `v1: a b -c` = a response labelled v1 with resources a and b and the removal of c. */
function describe(output: SessionOutput<ResponsePlan>): string {
  switch (output.kind) {
    case 'send': {
      const { resources, removed, target } = output.plan;
      const names = [...resources.map((r) => r.name), ...removed.map((name) => `-${name}`)];
      return [`${target.label}:`, ...names].join(' ');
    }
    case 'outcome': {
      const { outcome } = output;
      const problems = outcome.kind === 'rejected' ? outcome.problems : [];
      const told = [...problems, ...outcome.warnings].map((p) => `${p.resource}=${p.message}`);
      return [`${outcome.kind} ${outcome.label}`, ...told].join(' ');
    }
    case 'fail':
      return `fail ${output.code}`;
  }
}

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

/** A request without nonce: what to subscribe, what to unsubscribe, what is held already. */
const ask =
  (subscribe = '', unsubscribe = '', held?: Contents) =>
  (play: Play) =>
    play.ask({
      resourceNamesSubscribe: words(subscribe),
      resourceNamesUnsubscribe: words(unsubscribe),
      ...(held === undefined ? {} : { initialResourceVersions: held }),
    });
const ack = (play: Play) => play.answer();
const nack = (message: string) => (play: Play) => play.answer(message);
const bad = (...names: string[]) =>
  nack(JSON.stringify(names.map((key) => ({ key, error: 'no' }))));
const want = (contents: Contents) => (play: Play) => play.want(contents, true);
/** The gateway is gone: whatever is left may be sent, nothing may be removed. */
const orphan = (contents: Contents) => (play: Play) => play.want(contents, false);
const v = versionOf;

interface Row {
  readonly name: string;
  readonly start?: Contents;
  readonly orphan?: boolean;
  readonly steps: readonly Step[];
}

const AB = { a: '1', b: '1' };

const rows: readonly Row[] = [
  {
    name: 'an empty type is answered at once',
    steps: [
      [ask(), ['v1:']],
      [ack, ['accepted v1']],
    ],
  },
  {
    name: 'R10 the legacy wildcard gets everything, then only what changed',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [ack, ['accepted v1']],
      [want({ a: '1', b: '2' }), ['v2: b']],
      [ack, ['accepted v2']],
      [want({ b: '2', c: '1' }), ['v3: c -a']],
    ],
  },
  { name: 'R10 the explicit wildcard', start: AB, steps: [[ask('*'), ['v1: a b']]] },
  { name: 'wildcard both on and off', start: AB, steps: [[ask('*', '*'), ['v1: a b']]] },
  {
    name: 'by name: only the names, and only their changes',
    start: AB,
    steps: [
      [ask('a'), ['v1: a']],
      [ack, ['accepted v1']],
      [want({ a: '1', b: '2' }), []],
      [want({ a: '2', b: '2' }), ['v3: a']],
      [ack, ['accepted v3']],
      [want({ b: '2' }), ['v4: -a']],
    ],
  },
  {
    name: 'one response is out at a time, and newer targets replace each other',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [want({ a: '2', b: '1' }), []],
      [want({ a: '3', b: '1' }), []],
      [want({ a: '3', b: '1', c: '1' }), []],
      [ack, ['accepted v1', 'v4: a c']],
      [ack, ['accepted v4']],
    ],
  },
  {
    name: 'content that came back while a response was out costs only a label',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [want({ a: '2', b: '1' }), []],
      [want(AB), []],
      [ack, ['accepted v1', 'v3:']],
      [ack, ['accepted v3']],
    ],
  },
  {
    name: 'R4 a nonce of an earlier stream opens the type like any first request',
    start: AB,
    steps: [[(play) => play.ask({ responseNonce: 'old-7' }), ['v1: a b']]],
  },
  {
    name: 'R5 a rejection is one by the presence of error_detail, with an empty message too',
    start: { a: '1' },
    steps: [
      [ask(), ['v1: a']],
      [nack(''), ['rejected v1 =the worker gave no reason']],
    ],
  },
  {
    name: 'R5 a response that carries nothing can be refused, once',
    steps: [
      [ask(), ['v1:']],
      [nack('not ready'), ['rejected v1 =not ready']],
      [ask('x'), ['v1: -x']],
      [ack, ['accepted v1']],
    ],
  },
  {
    name: 'R6 a refused resource is not sent again until it changes; the others count as accepted',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [bad('a'), ['rejected v1 a=no']],
      [want({ a: '1', b: '2' }), ['v2: b']],
      [ack, ['rejected v2 a=no']],
      [want({ a: '2', b: '2' }), ['v3: a']],
      [ack, ['accepted v3']],
    ],
  },
  {
    name: 'R6 a refused update leaves the old version on the worker',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [ack, ['accepted v1']],
      [want({ a: '2', b: '1' }), ['v2: a']],
      [bad('a'), ['rejected v2 a=no']],
      [want(AB), ['v3:']],
      [ack, ['accepted v3']],
    ],
  },
  {
    name: 'a refused new resource that is deleted needs no removal, only the new label',
    start: { a: '1' },
    steps: [
      [ask(), ['v1: a']],
      [ack, ['accepted v1']],
      [want(AB), ['v2: b']],
      [bad('b'), ['rejected v2 b=no']],
      [want({ a: '1' }), ['v3:']],
      [ack, ['accepted v3']],
    ],
  },
  {
    name: 'a refused update whose resource is deleted is removed',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [ack, ['accepted v1']],
      [want({ a: '1', b: '2' }), ['v2: b']],
      [bad('b'), ['rejected v2 b=no']],
      [want({ a: '1' }), ['v3: -b']],
      [ack, ['accepted v3']],
    ],
  },
  {
    name: 'a fix of the refused resource is sent while another one stays refused',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [bad('a', 'b'), ['rejected v1 a=no b=no']],
      [want({ a: '2', b: '1' }), ['v2: a']],
      [ack, ['rejected v2 b=no']],
    ],
  },
  {
    name: 'plain text refuses all of the response, removals included, without a loop',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [ack, ['accepted v1']],
      [want({ a: '2' }), ['v2: a -b']],
      [nack('bad'), ['rejected v2 =bad']],
    ],
  },
  {
    name: 'after a refusal as a whole, a fix of one resource gives its companions another chance',
    start: { a: '1', b: '1', c: '1' },
    steps: [
      [ask(), ['v1: a b c']],
      [nack('bad'), ['rejected v1 =bad']],
      [want({ a: '2', b: '1', c: '1' }), ['v2: a b c']],
      [ack, ['accepted v2']],
    ],
  },
  {
    name: 'after a refusal as a whole, an unrelated new resource goes alone',
    start: { a: '1' },
    steps: [
      [ask(), ['v1: a']],
      [nack('bad'), ['rejected v1 =bad']],
      [want(AB), ['v2: b']],
      [ack, ['rejected v2 =bad']],
    ],
  },
  {
    name: 'a refusal of a removal is not repeated',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [ack, ['accepted v1']],
      [want({ a: '1' }), ['v2: -b']],
      [bad('b'), ['rejected v2 b=no']],
      [want({ a: '2' }), ['v3: a']],
      [ack, ['rejected v3 b=no']],
      [want(AB), ['v4: a']],
      [ack, ['accepted v4']],
    ],
  },
  {
    name: 'a warning is acceptance',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [nack('[{"key":"a","warn":"odd"}]'), ['accepted v1 a=odd']],
      [want({ a: '1', b: '2' }), ['v2: b']],
    ],
  },
  {
    name: 'R7 a stale answer says nothing, but its subscriptions count',
    start: AB,
    steps: [
      [ask('a'), ['v1: a']],
      [(play) => play.ask({ responseNonce: 's-0' }), []],
      [
        (play) =>
          play.ask({
            responseNonce: 's-0',
            errorDetail: { message: 'late' },
            resourceNamesSubscribe: ['b'],
          }),
        [],
      ],
      [ack, ['accepted v1', 'v1: b']],
    ],
  },
  {
    name: 'R7 an answer given twice counts once',
    start: { a: '1' },
    steps: [
      [ask(), ['v1: a']],
      [ack, ['accepted v1']],
      [ack, []],
      [bad('a'), []],
    ],
  },
  {
    name: 'R8 a subscription rides in an ACK',
    start: AB,
    steps: [
      [ask('a'), ['v1: a']],
      [
        (play) => play.answer(undefined, { resourceNamesSubscribe: ['b'] }),
        ['accepted v1', 'v1: b'],
      ],
    ],
  },
  {
    name: 'R8 error_detail without a nonce is about nothing',
    start: { a: '1' },
    steps: [
      [ask(), ['v1: a']],
      [(play) => play.ask({ errorDetail: { message: 'x' } }), []],
      [ack, ['accepted v1']],
    ],
  },
  {
    name: 'R11 a name beside the wildcard, then the name alone, then nothing',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [ack, ['accepted v1']],
      [ask('a'), ['v1: a']],
      [ack, ['accepted v1']],
      [want({ a: '1', b: '2' }), ['v2: b']],
      [ack, ['accepted v2']],
      [ask('', '*'), []],
      [want({ a: '1', b: '3' }), []],
      [want({ a: '2', b: '3' }), ['v4: a']],
      [ack, ['accepted v4']],
      [ask('', 'a'), []],
      [want({ a: '3', b: '4' }), []],
    ],
  },
  {
    name: 'R12 a name subscribed again is sent again, a refused one as well',
    start: { a: '1' },
    steps: [
      [ask('a'), ['v1: a']],
      [ack, ['accepted v1']],
      [ask('a'), ['v1: a']],
      [bad('a'), ['rejected v1 a=no']],
      [ask('a'), ['v1: a']],
      [ack, ['accepted v1']],
    ],
  },
  {
    name: 'R12 the wildcard subscribed again is sent again in full',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [ack, ['accepted v1']],
      [ask('*'), ['v1: a b']],
    ],
  },
  {
    name: 'R12 what is asked while a response is out is answered after it',
    start: AB,
    steps: [
      [ask('a'), ['v1: a']],
      [ask('a'), []],
      [ask('b'), []],
      [ack, ['accepted v1', 'v1: a b']],
    ],
  },
  {
    name: 'R13 an unknown name is reported missing, remembered and sent once it exists',
    start: { a: '1' },
    steps: [
      [ask('z'), ['v1: -z']],
      [ack, ['accepted v1']],
      [want({ a: '2' }), []],
      [want({ a: '2', z: '1' }), ['v3: z']],
    ],
  },
  {
    name: 'R13 an unknown name beside a wildcard',
    start: { a: '1' },
    steps: [
      [ask('* z'), ['v1: a -z']],
      [ack, ['accepted v1']],
      [want({ a: '1', z: '1' }), ['v2: z']],
    ],
  },
  {
    name: 'R14 an unsubscribed name needs no answer and no further changes',
    start: AB,
    steps: [
      [ask('a b'), ['v1: a b']],
      [ack, ['accepted v1']],
      [ask('', 'b phantom'), []],
      [want({ a: '1', b: '2' }), []],
    ],
  },
  {
    name: 'R14 a name unsubscribed under a wildcard is answered: present',
    start: AB,
    steps: [
      [ask('* a'), ['v1: a b']],
      [ack, ['accepted v1']],
      [ask('', 'a'), ['v1: a']],
    ],
  },
  {
    name: 'R14 a name unsubscribed under a wildcard is answered: missing',
    start: AB,
    steps: [
      [ask('* z'), ['v1: a b -z']],
      [ack, ['accepted v1']],
      [ask('', 'z'), ['v1: -z']],
    ],
  },
  {
    name: 'a name dropped while its response is out is forgotten, and sent when wanted back',
    start: AB,
    steps: [
      [ask('a b'), ['v1: a b']],
      [ask('', 'b'), []],
      [ack, ['accepted v1']],
      [want({ a: '1' }), []],
      [want(AB), []],
      [ask('b'), ['v3: b']],
    ],
  },
  {
    name: 'the wildcard dropped while its response is out',
    start: AB,
    steps: [
      [ask('* a'), ['v1: a b']],
      [ask('', '*'), []],
      [ack, ['accepted v1']],
      [want({ a: '2', b: '2' }), ['v2: a']],
    ],
  },
  {
    name: 'the wildcard after a name brings the rest',
    start: AB,
    steps: [
      [ask('a'), ['v1: a']],
      [ack, ['accepted v1']],
      [ask('*'), ['v1: b']],
      [ack, ['accepted v1']],
      [want({ b: '2' }), ['v2: b -a']],
    ],
  },
  {
    name: 'R20 a reconnect without changes costs one empty response',
    start: AB,
    steps: [
      [ask('', '', { a: v('1'), b: v('1') }), ['v1:']],
      [ack, ['accepted v1']],
      [want({ a: '1', b: '2' }), ['v2: b']],
    ],
  },
  {
    name: 'R20 a reconnect gets what changed, what is new, what vanished',
    start: { a: '2', b: '1', c: '1' },
    steps: [
      [ask('', '', { a: v('1'), b: v('1'), z: v('1') }), ['v1: a c -z']],
      [ack, ['accepted v1']],
    ],
  },
  {
    name: 'R20 a version that is not told is sent again',
    start: AB,
    steps: [[ask('', '', { a: '', b: v('1') }), ['v1: a']]],
  },
  {
    name: 'R20 a vanished resource of untold version is removed',
    start: { a: '1' },
    steps: [[ask('', '', { a: v('1'), z: '' }), ['v1: -z']]],
  },
  {
    name: 'R20 by name: skip, send, remove, and leave alone what is not subscribed',
    start: { a: '1', b: '2', c: '1' },
    steps: [[ask('a b z', '', { a: v('1'), b: v('1'), c: v('0'), z: v('1') }), ['v1: b -z']]],
  },
  {
    name: 'R20 the first request tells its versions together with wildcard on and off',
    start: { new: '1' },
    steps: [[ask('*', '*', { old: '' }), ['v1: new -old']]],
  },
  {
    name: 'a refusal on a reconnect leaves what the worker told it holds',
    start: { a: '2' },
    steps: [
      [ask('', '', { a: v('1') }), ['v1: a']],
      [bad('a'), ['rejected v1 a=no']],
      [want({ a: '1' }), ['v2:']],
      [want({ a: '1' }), []],
      [ack, ['accepted v2', 'v3:']],
    ],
  },
  {
    name: 'an orphaned worker keeps everything and still gets additions',
    start: AB,
    steps: [
      [ask(), ['v1: a b']],
      [ack, ['accepted v1']],
      [orphan({}), []],
      [orphan({ c: '1' }), ['v3: c']],
      [ack, ['accepted v3']],
      [orphan({}), []],
      [want({ c: '2' }), ['v5: c -a -b']],
      [ack, ['accepted v5']],
    ],
  },
  {
    name: 'an orphan that reconnects loses nothing',
    orphan: true,
    steps: [
      [ask('', '', { a: v('1'), b: '' }), ['v1:']],
      [ack, ['accepted v1']],
      [want({ b: '1' }), ['v2: b -a']],
    ],
  },
  {
    name: 'an orphan that asks by name is told of what is missing, never of what it holds',
    orphan: true,
    steps: [
      [ask('a z', '', { a: v('1') }), ['v1: -z']],
      [ack, ['accepted v1']],
      [ask('a'), ['v1:']],
    ],
  },
  {
    name: 'R2 a request without type is an error',
    steps: [[(play) => play.ask({ typeUrl: '' }), ['fail INVALID_ARGUMENT']]],
  },
  {
    name: 'nothing is sent before the type was asked for',
    steps: [[want(AB), []]],
  },
];

for (const row of rows) {
  test(row.name, () => {
    const play = new Play(row.start ?? {}, row.orphan !== true);
    row.steps.forEach(([action, expected], index) => {
      assert.deepEqual(action(play), expected, `step ${index + 1}`);
    });
  });
}

test('R3 types are separate: nonces, subscriptions and answers', () => {
  const play = new Play(AB, true);
  assert.deepEqual(play.ask({ typeUrl: 'x', resourceNamesSubscribe: ['a'] }), ['v1: a']);
  assert.deepEqual(play.ask({ typeUrl: 'y' }), ['v1: a b']);
  assert.deepEqual(play.ask({ typeUrl: 'x', responseNonce: 's-2' }), []);
  assert.deepEqual(play.ask({ typeUrl: 'x', responseNonce: 's-1' }), ['accepted v1']);
});

test('more types than any client needs end the stream', () => {
  const play = new Play({}, true);
  for (let i = 0; i < 16; i += 1) assert.deepEqual(play.ask({ typeUrl: `t${i}` }), ['v1:']);
  assert.deepEqual(play.ask({ typeUrl: 't16' }), ['fail TOO_LARGE']);
});

test('a worker that follows costs a pointer, not a map', () => {
  const contents = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`r${i}`, '1']));
  const play = new Play(contents, true);
  play.ask({ initialResourceVersions: { r0: '' } });
  play.answer();
  const stream = play.session.types.get(RESOURCE_TYPE_URL);
  assert.equal(stream?.holding.base, play.target.set);
  assert.equal(stream?.holding.exceptions.size, 0);
  assert.equal(stream && heldVersion(stream.holding, 'r7'), versionOf('1'));
});
