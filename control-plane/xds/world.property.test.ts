// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { snapshotOf } from '../../test/support/resource-sets.js';
import { diffSets } from './difference.js';
import { NO_REJECTIONS } from './rejections.js';
import type { TypeTarget } from './response-plan.js';
import {
  openSession,
  receiveRequest,
  retarget,
  type Session,
  type SessionStep,
} from './session.js';
import { STATE_OF_THE_WORLD, type WorldPlan, type WorldStream } from './world-stream.js';

const NAMES = ['a', 'b', 'c', 'd'] as const;

type Op =
  | { readonly op: 'want'; readonly contents: Record<string, string>; readonly removals: boolean }
  | { readonly op: 'answer'; readonly refuse: readonly string[]; readonly whole: boolean }
  | { readonly op: 'list'; readonly list: string[] }
  | { readonly op: 'stale' };

const contents = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('1', '2', '3'));
/** Nothing that was ever refused: what was may stay away for good. */
const newContents = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('8', '9'));
const ops: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('want' as const), contents, removals: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('answer' as const),
      refuse: fc.subarray([...NAMES]),
      whole: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('list' as const), list: fc.subarray(['*', ...NAMES]) }),
  },
  { weight: 1, arbitrary: fc.constant({ op: 'stale' as const }) },
);

/** A client of a full-state type that follows the protocol and checks every response for what no server may do. */
class ModelClient {
  session: Session<WorldStream> = openSession('s');
  target: TypeTarget = { set: snapshotOf({}), label: 'v0', removals: true };
  /** What the client runs: version by name. */
  held = new Map<string, string>();
  list: readonly string[] = [];
  hasNamed = false;
  /** Content refused by name, and wanted ever since. */
  readonly refused = new Map<string, string>();
  /** Names asked for anew: they may be sent although they were refused. */
  readonly asked = new Set<string>();
  out: { readonly nonce: string; readonly plan: WorldPlan } | undefined;
  nonce = '';
  #number = 0;

  want(wanted: Record<string, string>, removals: boolean): void {
    this.#number += 1;
    this.target = { set: snapshotOf(wanted), label: `v${this.#number}`, removals };
    this.#forgetOutdated();
    this.#take(retarget(this.session, RESOURCE_TYPE_URL, this.#context()));
  }

  change(list: readonly string[]): void {
    for (const name of list) if (!this.list.includes(name)) this.asked.add(name);
    this.list = list;
    if (list.length > 0) this.hasNamed = true;
    for (const name of this.held.keys()) if (!this.wants(name)) this.held.delete(name);
    for (const name of this.refused.keys()) if (!this.wants(name)) this.refused.delete(name);
    // With the nonce of a response that is out it would acknowledge that.
    this.request(this.out === undefined ? this.nonce : '');
  }

  answer(refuse: readonly string[], whole: boolean): void {
    const { out } = this;
    if (out === undefined) return;
    this.out = undefined;
    const carried = new Map(out.plan.resources.map(({ name, hash }) => [name, hash]));
    const bad = refuse.filter((name) => carried.has(name));
    if (bad.length === 0) {
      this.#apply(carried, []);
      this.#forgetOutdated();
      this.request(out.nonce);
      return;
    }
    if (!whole) this.#apply(carried, bad);
    this.#forgetOutdated();
    const entries = bad.map((key) => ({ key, error: 'bad' }));
    this.request(out.nonce, whole ? 'bad' : JSON.stringify(entries));
  }

  request(responseNonce: string, message?: string): void {
    const detail = message === undefined ? {} : { errorDetail: { message } };
    const request = { typeUrl: RESOURCE_TYPE_URL, resourceNames: this.list, responseNonce };
    this.#take(receiveRequest(this.session, { ...request, ...detail }, this.#context()));
  }

  wants(name: string): boolean {
    return this.list.includes('*') || this.list.includes(name) || !this.hasNamed;
  }

  #apply(carried: ReadonlyMap<string, string>, bad: readonly string[]): void {
    const before = this.held;
    this.held = new Map();
    for (const [name, hash] of carried) {
      if (!this.wants(name)) continue;
      const kept = bad.includes(name) ? before.get(name) : hash;
      if (kept !== undefined) this.held.set(name, kept);
      if (bad.includes(name)) this.refused.set(name, hash);
      else if (this.refused.get(name) === hash) this.refused.delete(name);
    }
  }

  /** A refusal counts as long as the refused content is wanted whenever the server may send. */
  #forgetOutdated(): void {
    if (this.out !== undefined) return;
    for (const [name, hash] of this.refused) {
      if (this.target.set.resources.get(name)?.hash !== hash) this.refused.delete(name);
    }
  }

  #context() {
    return {
      targetOf: () => this.target,
      differ: diffSets,
      heldSet: () => undefined,
      rejectionsOf: () => NO_REJECTIONS,
      protocol: STATE_OF_THE_WORLD,
    };
  }

  #take(step: SessionStep<WorldStream, WorldPlan>): void {
    this.session = step.session;
    for (const output of step.outputs) {
      if (output.kind !== 'send') continue;
      assert.equal(this.out, undefined, 'a second response while one is out');
      this.out = output;
      this.nonce = output.nonce;
      this.#check(output.plan);
    }
  }

  #check({ resources }: WorldPlan): void {
    const names = resources.map((resource) => resource.name);
    assert.equal(new Set(names).size, names.length, 'R17 a name twice');
    for (const { name, hash } of resources) {
      assert.ok(this.wants(name), `${name} was not asked for`);
      const isRepeated = this.refused.get(name) === hash && this.held.get(name) !== hash;
      assert.ok(!isRepeated || this.asked.has(name), `R6 ${name} sent again`);
    }
    for (const name of this.held.keys()) {
      const mustStay = !this.target.removals || this.target.set.resources.has(name);
      assert.ok(!mustStay || names.includes(name), `${name} is taken away`);
    }
    this.asked.clear();
  }
}

function play(client: ModelClient, op: Op): void {
  switch (op.op) {
    case 'want':
      client.want(op.contents, op.removals);
      break;
    case 'answer':
      client.answer(op.refuse, op.whole);
      break;
    case 'list':
      client.change(op.list);
      break;
    case 'stale':
      client.request('older', 'late');
      break;
  }
}

test('state of the world: whatever happens, an accepting client ends with what it should have', () => {
  fc.assert(
    fc.property(fc.array(ops, { maxLength: 30 }), newContents, (history, final) => {
      const client = new ModelClient();
      client.request('');
      for (const op of history) play(client, op);
      client.want(final, true);
      for (let turn = 0; client.out !== undefined; turn += 1) {
        assert.ok(turn < 5, 'responses without end');
        client.answer([], false);
      }
      const wanted = [...client.target.set.resources.values()];
      const expected = wanted
        .filter(({ name }) => client.wants(name))
        .map(({ name, hash }): [string, string] => [name, hash]);
      assert.deepEqual([...client.held].sort(), expected);
    }),
    { numRuns: 1_000 },
  );
});
