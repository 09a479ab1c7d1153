// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { snapshotOf } from '../../test/support/resource-sets.js';
import { diffSets } from './difference.js';
import type { ResourceSet } from './holding.js';
import { NO_REJECTIONS } from './rejections.js';
import type { TypeTarget } from './response-plan.js';
import {
  openSession,
  receiveRequest,
  retarget,
  type Session,
  type SessionOutput,
  type SessionStep,
} from './session.js';
import {
  STATE_OF_THE_WORLD,
  type WorldPlan,
  type WorldRequest,
  type WorldStream,
} from './world-stream.js';

const ENDPOINTS = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

type Contents = { readonly [name: string]: string };

/** A scripted client against the session, with everything that happened written as short texts. */
class Play {
  session: Session<WorldStream> = openSession('s');
  target: TypeTarget;
  readonly #typeUrl: string;
  readonly #sets = new Map<string, ResourceSet>();
  #number = 1;
  #nonce = '';

  constructor(contents: Contents, removals: boolean, typeUrl: string) {
    this.#typeUrl = typeUrl;
    this.target = this.#targetOf(contents, removals);
  }

  ask(list: string, more: Partial<WorldRequest> = {}): string[] {
    const request = { typeUrl: this.#typeUrl, resourceNames: words(list), ...more };
    return this.#tell(receiveRequest(this.session, request, this.#context()));
  }

  answer(list: string, message?: string, nonce = this.#nonce): string[] {
    const detail = message === undefined ? {} : { errorDetail: { message } };
    return this.ask(list, { responseNonce: nonce, ...detail });
  }

  want(contents: Contents, removals: boolean): string[] {
    this.#number += 1;
    this.target = this.#targetOf(contents, removals);
    return this.#tell(retarget(this.session, this.#typeUrl, this.#context()));
  }

  #targetOf(contents: Contents, removals: boolean): TypeTarget {
    const set = snapshotOf(contents, this.#number);
    const label = `v${this.#number}`;
    this.#sets.set(label, set);
    return { set, label, removals };
  }

  #context() {
    return {
      protocol: STATE_OF_THE_WORLD,
      targetOf: () => this.target,
      heldSet: (_: string, label: string) => this.#sets.get(label),
      rejectionsOf: () => NO_REJECTIONS,
      differ: diffSets,
    };
  }

  #tell(step: SessionStep<WorldStream, WorldPlan>): string[] {
    this.session = step.session;
    for (const output of step.outputs) if (output.kind === 'send') this.#nonce = output.nonce;
    return step.outputs.map(describe);
  }
}

/** `v1: a1 b1` = a response of version v1 with resource a in content 1 and b in content 1. */
function describe(output: SessionOutput<WorldPlan>): string {
  switch (output.kind) {
    case 'send': {
      const { resources, versionInfo } = output.plan;
      const texts = resources.map(({ name, bytes }) => `${name}${Buffer.from(bytes)}`);
      return [`${versionInfo}:`, ...texts].join(' ');
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

const ask =
  (list = '', more: Partial<WorldRequest> = {}) =>
  (play: Play) =>
    play.ask(list, more);
const ack =
  (list = '') =>
  (play: Play) =>
    play.answer(list);
const stale =
  (list = '', message?: string) =>
  (play: Play) =>
    play.answer(list, message, 's-0');
const nack =
  (message: string, list = '') =>
  (play: Play) =>
    play.answer(list, message);
const bad = (name: string, list = '') => nack(JSON.stringify([{ key: name, error: 'no' }]), list);
const want = (contents: Contents) => (play: Play) => play.want(contents, true);
/** The gateway is gone: nothing may be taken away. */
const orphan = (contents: Contents) => (play: Play) => play.want(contents, false);

interface Row {
  readonly name: string;
  readonly start?: Contents;
  readonly orphan?: boolean;
  readonly typeUrl?: string;
  readonly steps: readonly (readonly [action: (play: Play) => string[], expected: string[]])[];
}

const AB = { a: '1', b: '1' };

const rows: readonly Row[] = [
  {
    name: 'an empty type is answered at once',
    steps: [
      [ask(), ['v1:']],
      [ack(), ['accepted v1']],
    ],
  },
  {
    name: 'every response is everything, and absence takes away',
    start: AB,
    steps: [
      [ask(), ['v1: a1 b1']],
      [ack(), ['accepted v1']],
      [want({ a: '1', b: '2' }), ['v2: a1 b2']],
      [ack(), ['accepted v2']],
      [want({ b: '2' }), ['v3: b2']],
      [ack(), ['accepted v3']],
      [want({}), ['v4:']],
    ],
  },
  {
    name: 'one response is out at a time, and newer targets replace each other',
    start: AB,
    steps: [
      [ask(), ['v1: a1 b1']],
      [want({ a: '2' }), []],
      [want({ a: '3' }), []],
      [ack(), ['accepted v1', 'v3: a3']],
    ],
  },
  {
    name: 'content that came back while a response was out is sent under its new version',
    start: AB,
    steps: [
      [ask(), ['v1: a1 b1']],
      [want({ a: '2' }), []],
      [want(AB), []],
      [ack(), ['accepted v1', 'v3: a1 b1']],
      [ack(), ['accepted v3']],
    ],
  },
  {
    name: 'by name: what is named and exists, whenever it changes',
    start: AB,
    steps: [
      [ask('a x'), ['v1~part: a1']],
      [ack('a x'), ['accepted v1']],
      [want({ a: '1', b: '2' }), []],
      [want({ a: '1', x: '1' }), ['v3~part: a1 x1']],
      [ack('a x'), ['accepted v3']],
      [want({ x: '1' }), ['v4~part: x1']],
    ],
  },
  {
    name: 'R7 a stale nonce says nothing: no verdict, no names, no response',
    start: AB,
    steps: [
      [ask('a'), ['v1~part: a1']],
      [stale('a b', 'bad'), []],
      [ack('a'), ['accepted v1']],
      [stale('a b'), []],
      [ack('a b'), ['v1~part: a1 b1']],
    ],
  },
  {
    name: 'names without a nonce while a response is out are answered after it',
    start: AB,
    steps: [
      [ask('a'), ['v1~part: a1']],
      [ask('a b'), []],
      [ack('a b'), ['accepted v1', 'v1~part: a1 b1']],
    ],
  },
  {
    name: 'R10 the legacy wildcard ends with the first name; an empty list is nothing then',
    start: AB,
    steps: [
      [ask(), ['v1: a1 b1']],
      [ack(), ['accepted v1']],
      [ask(), []],
      [ack('b'), ['v1~part: b1']],
      [ack('b'), ['accepted v1']],
      [ack(''), []],
      [want({ a: '2', b: '2' }), []],
      [ask('*'), ['v2: a2 b2']],
    ],
  },
  {
    name: 'R15 a name that is dropped and named again is sent again',
    start: AB,
    typeUrl: ENDPOINTS,
    steps: [
      [ask('a b'), ['v1: a1 b1']],
      [ack('a b'), ['accepted v1']],
      [ack('b'), []],
      [ack('a b'), ['v1: a1']],
    ],
  },
  {
    name: 'R16 other types: only what changed, never a removal',
    start: AB,
    typeUrl: ENDPOINTS,
    steps: [
      [ask('a b'), ['v1: a1 b1']],
      [ack('a b'), ['accepted v1']],
      [want({ a: '2', b: '1' }), ['v2: a2']],
      [ack('a b'), ['accepted v2']],
      [want({ b: '1' }), []],
      [ask('a b x'), ['v3:']],
    ],
  },
  {
    name: 'R6 what was refused is kept at its last good content and not sent again',
    start: AB,
    steps: [
      [ask(), ['v1: a1 b1']],
      [ack(), ['accepted v1']],
      [want({ a: '2', b: '2' }), ['v2: a2 b2']],
      [bad('a'), ['rejected v2 a=no']],
      [ask(), []],
      [want({ a: '2', b: '3' }), ['v3~part: a1 b3']],
      [ack(), ['rejected v3 a=no']],
      [want({ a: '3', b: '3' }), ['v4: a3 b3']],
      [ack(), ['accepted v4']],
    ],
  },
  {
    name: 'R6 what was refused and never held is left out',
    start: AB,
    steps: [
      [ask(), ['v1: a1 b1']],
      [bad('a'), ['rejected v1 a=no']],
      [want({ a: '1', b: '2' }), ['v2~part: b2']],
      [ack(), ['rejected v2 a=no']],
      [want({ b: '2' }), ['v3: b2']],
      [ack(), ['accepted v3']],
    ],
  },
  {
    name: 'R6 a refusal as a whole is not repeated, and the next change carries everything again',
    start: AB,
    steps: [
      [ask(), ['v1: a1 b1']],
      [nack('bad'), ['rejected v1 =bad']],
      [ask(), []],
      [want({ a: '1', b: '1', c: '1' }), ['v2: a1 b1 c1']],
      [nack('bad'), ['rejected v2 =bad']],
      [want({ a: '2', b: '1', c: '1' }), ['v3: a2 b1 c1']],
      [ack(), ['accepted v3']],
    ],
  },
  {
    name: 'a refusal of the deletion of everything is one',
    start: AB,
    steps: [
      [ask(), ['v1: a1 b1']],
      [ack(), ['accepted v1']],
      [want({}), ['v2:']],
      [nack('not that'), ['rejected v2 =not that']],
      [ask(), []],
      [want({ b: '1' }), ['v3: b1']],
      [ack(), ['accepted v3']],
    ],
  },
  {
    name: 'other types: an acknowledged change does not hide what is still refused',
    start: AB,
    typeUrl: ENDPOINTS,
    steps: [
      [ask('a b c'), ['v1: a1 b1']],
      [nack('bad', 'a b c'), ['rejected v1 =bad']],
      [want({ a: '1', b: '1', c: '1' }), ['v2: c1']],
      [ack('a b c'), ['rejected v2 =bad']],
      [want({ a: '2', b: '1', c: '1' }), ['v3: a2 b1']],
      [ack('a b c'), ['accepted v3']],
    ],
  },
  {
    name: 'a warning is acceptance',
    start: { a: '1' },
    steps: [
      [ask(), ['v1: a1']],
      [nack(JSON.stringify([{ key: 'a', warn: 'hm' }])), ['accepted v1 a=hm']],
    ],
  },
  {
    name: 'a name asked for anew is sent even if it was refused',
    start: { a: '1' },
    steps: [
      [ask('a'), ['v1~part: a1']],
      [bad('a', 'a'), ['rejected v1 a=no']],
      [ack(''), []],
      [ack('a'), ['v1~part: a1']],
    ],
  },
  {
    name: 'R21 everything again at the version that is wanted: nothing is sent',
    start: AB,
    steps: [
      [ask('', { versionInfo: 'v1', responseNonce: 'old-7' }), ['accepted v1']],
      [want({ a: '2' }), ['v2: a2']],
    ],
  },
  {
    name: 'R21 the version of a list says nothing about another list',
    start: AB,
    steps: [[ask('a', { versionInfo: 'v1' }), ['v1~part: a1']]],
  },
  {
    name: 'R21 an unknown version is answered in full',
    start: AB,
    steps: [[ask('', { versionInfo: 'v77' }), ['v1: a1 b1']]],
  },
  {
    name: 'without a gateway nothing is taken away: what the client has stays part of the world',
    start: AB,
    steps: [
      [ask(), ['v1: a1 b1']],
      [ack(), ['accepted v1']],
      [orphan({}), []],
      [orphan({ c: '1' }), ['v3~part: a1 b1 c1']],
      [ack(), ['accepted v3']],
      [want({ c: '1' }), ['v4: c1']],
    ],
  },
  {
    name: 'without a gateway a client that has nothing is answered',
    orphan: true,
    steps: [
      [ask(), ['v1:']],
      [ack(), ['accepted v1']],
    ],
  },
  {
    name: 'without a gateway a version is no proof of what the client has: certificates are not in it',
    start: AB,
    steps: [
      [orphan({}), []],
      [ask('', { versionInfo: 'v1' }), []],
      [want({ b: '1' }), ['v3: b1']],
    ],
  },
  {
    name: 'without a gateway a client that holds something unknown hears nothing until there is one',
    orphan: true,
    steps: [
      [ask('', { versionInfo: 'v77' }), []],
      [orphan({ a: '1' }), []],
      [want({ a: '1' }), ['v3: a1']],
    ],
  },
];

for (const { name, start = {}, orphan: isOrphan = false, typeUrl, steps } of rows) {
  test(`state of the world: ${name}`, () => {
    const play = new Play(start, !isOrphan, typeUrl ?? RESOURCE_TYPE_URL);
    for (const [index, [action, expected]] of steps.entries()) {
      assert.deepEqual(action(play), expected, `step ${index + 1}`);
    }
  });
}

test('a client of the legacy wildcard costs a pointer', () => {
  const play = new Play(AB, true, RESOURCE_TYPE_URL);
  play.ask('');
  play.answer('');
  const stream = play.session.types.get(RESOURCE_TYPE_URL);
  assert.deepEqual(stream?.told, { kind: 'set', set: play.target.set });
  assert.equal(stream?.told?.kind === 'set' && stream.told.set, play.target.set);
});
