// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { snapshotOf } from '../../test/support/resource-sets.js';
import { diffSets } from './difference.js';
import { NO_REJECTIONS } from './rejections.js';
import type { ResponsePlan, TypeTarget } from './response-plan.js';
import {
  openSession,
  receiveRequest,
  retarget,
  type Session,
  type SessionOutput,
  type SessionStep,
  supersede,
} from './session.js';
import { DELTA, type TypeRequest, type TypeStream } from './type-stream.js';

const NAMES = ['a', 'b', 'c', 'd'] as const;

type Op =
  | { readonly op: 'want'; readonly contents: Record<string, string>; readonly removals: boolean }
  | { readonly op: 'answer'; readonly refuse: readonly string[]; readonly whole: boolean }
  | { readonly op: 'names'; readonly subscribe: string[]; readonly unsubscribe: string[] }
  | { readonly op: 'stale' }
  | { readonly op: 'late'; readonly refuse: boolean };

const contents = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('1', '2', '3'));
const someNames = fc.subarray(['*', ...NAMES]);
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
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('names' as const),
      subscribe: someNames,
      unsubscribe: someNames,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ op: 'stale' as const }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('late' as const), refuse: fc.boolean() }) },
);

/** A client that follows the protocol and checks every response for what no server may do. */
class ModelClient {
  session: Session<TypeStream> = openSession('s');
  target: TypeTarget = { set: snapshotOf({}), label: 'v0', removals: true };
  /** What the client runs: version by name. */
  readonly held = new Map<string, string>();
  wildcard = true;
  readonly subscribed = new Set<string>();
  /** Names the client asked about: only those may be reported missing although it never had them. */
  readonly asked = new Set<string>();
  /** Content refused and not replaced since. */
  readonly refused = new Map<string, string | undefined>();
  out: (SessionOutput<ResponsePlan> & { kind: 'send' }) | undefined;
  #number = 0;

  want(wanted: Record<string, string>, removals: boolean): void {
    this.#number += 1;
    this.target = { set: snapshotOf(wanted), label: `v${this.#number}`, removals };
    this.#forgetOutdated();
    this.#take(retarget(this.session, RESOURCE_TYPE_URL, this.#context()));
  }

  names(subscribe: string[], unsubscribe: string[]): void {
    for (const name of unsubscribe) this.#unsubscribe(name, subscribe);
    for (const name of subscribe) {
      if (name === '*') this.wildcard = true;
      else this.subscribed.add(name);
      if (name !== '*') this.asked.add(name);
    }
    this.#dropUnwanted();
    this.request({ resourceNamesSubscribe: subscribe, resourceNamesUnsubscribe: unsubscribe });
  }

  answer(refuse: readonly string[], whole: boolean): void {
    const { out } = this;
    if (out === undefined) return;
    this.out = undefined;
    const { resources, removed } = out.plan;
    const carried = [...resources.map((r) => r.name), ...removed];
    const bad = whole && refuse.length > 0 ? carried : carried.filter((n) => refuse.includes(n));
    for (const resource of resources) this.#apply(resource.name, resource.hash, bad);
    for (const name of removed) this.#apply(name, undefined, bad);
    this.#dropUnwanted();
    this.#forgetOutdated();
    const message = whole ? 'bad' : JSON.stringify(bad.map((key) => ({ key, error: 'bad' })));
    const detail = bad.length === 0 ? {} : { errorDetail: { message } };
    this.request({ responseNonce: out.nonce, ...detail });
  }

  /** The client is slow: it takes (or refuses) what is out, and its answer comes after the server has lost patience. */
  late(refuse: boolean): void {
    const { out } = this;
    if (out === undefined) return;
    this.out = undefined;
    const names = [...out.plan.resources.map(({ name }) => name), ...out.plan.removed];
    for (const name of names) this.uncertain.add(name);
    this.#take(supersede(this.session, RESOURCE_TYPE_URL, this.#context()));
    const newest = this.out as typeof out | undefined;
    // Nothing newer: the same response stays out.
    this.out = newest ?? out;
    if (newest === undefined) return;
    // The server has just looked at what is wanted now: a refusal of anything else counts no more.
    this.#forgetUnwanted();
    if (!refuse) {
      for (const { name, hash } of out.plan.resources) this.#apply(name, hash, []);
      for (const name of out.plan.removed) this.#apply(name, undefined, []);
      this.#dropUnwanted();
      // The server does not hear of it.
      for (const name of names) this.uncertain.add(name);
    }
    this.request({ responseNonce: out.nonce });
  }

  request(request: Partial<TypeRequest>): void {
    const lists = { resourceNamesSubscribe: [], resourceNamesUnsubscribe: [] };
    const typed = { typeUrl: RESOURCE_TYPE_URL, ...lists, ...request };
    this.#take(receiveRequest(this.session, typed, this.#context()));
  }

  wants(name: string): boolean {
    return this.wildcard || this.subscribed.has(name);
  }

  #unsubscribe(name: string, subscribe: readonly string[]): void {
    if (subscribe.includes(name)) return;
    if (name === '*') this.wildcard = false;
    else if (this.subscribed.delete(name)) this.asked.add(name);
  }

  #dropUnwanted(): void {
    for (const name of this.held.keys()) if (!this.wants(name)) this.held.delete(name);
  }

  #apply(name: string, hash: string | undefined, bad: readonly string[]): void {
    if (bad.includes(name)) {
      this.refused.set(name, hash);
      return;
    }
    this.refused.delete(name);
    this.uncertain.delete(name);
    if (hash === undefined) this.held.delete(name);
    else this.held.set(name, hash);
  }

  /** A refusal counts as long as the refused content is wanted whenever the server may send. */
  #forgetOutdated(): void {
    if (this.out === undefined) this.#forgetUnwanted();
  }

  #forgetUnwanted(): void {
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
      protocol: DELTA,
    };
  }

  #take(step: SessionStep<TypeStream, ResponsePlan>): void {
    this.session = step.session;
    for (const output of step.outputs) {
      if (output.kind !== 'send') continue;
      assert.equal(this.out, undefined, 'a second response while one is out');
      this.out = output;
      this.#check(output);
    }
  }

  #check({ plan }: SessionOutput<ResponsePlan> & { kind: 'send' }): void {
    const names = [...plan.resources.map((resource) => resource.name), ...plan.removed];
    assert.equal(new Set(names).size, names.length, 'R17 a name twice');
    for (const resource of plan.resources) {
      const again = this.refused.get(resource.name) === resource.hash;
      const innocent = this.asked.has(resource.name) || this.wildcardAskedAgain;
      assert.ok(!again || innocent || this.blamedTogether, `R6 ${resource.name} sent again`);
    }
    for (const name of plan.removed) {
      const isUncertain = this.uncertain.has(name);
      const isKnown = this.held.has(name) || this.asked.has(name) || isUncertain;
      assert.ok(isKnown, `removal of ${name}, never held`);
    }
    this.asked.clear();
  }

  /** Sent in a response whose answer came too late: for all the server knows, the client may hold it. */
  readonly uncertain = new Set<string>();
  wildcardAskedAgain = false;
  blamedTogether = false;
}

function play(client: ModelClient, op: Op): void {
  switch (op.op) {
    case 'want':
      client.want(op.contents, op.removals);
      break;
    case 'answer':
      if (op.whole) client.blamedTogether = true;
      client.answer(op.refuse, op.whole);
      break;
    case 'names':
      if (op.subscribe.includes('*')) client.wildcardAskedAgain = true;
      client.names(op.subscribe, op.unsubscribe);
      break;
    case 'late':
      client.late(op.refuse);
      break;
    case 'stale':
      client.request({ responseNonce: 'elsewhere-1' });
      break;
  }
}

test('whatever happens on a stream, the worker ends with the target', () => {
  fc.assert(
    fc.property(contents, fc.array(ops, { maxLength: 30 }), contents, (first, script, last) => {
      const client = new ModelClient();
      client.want(first, true);
      client.request({});
      for (const op of script) play(client, op);
      client.want(last, true);
      for (let rounds = 0; client.out !== undefined; rounds += 1) {
        assert.ok(rounds < 10, 'the stream never comes to rest');
        client.answer([], false);
      }
      for (const name of NAMES) {
        const wanted = client.target.set.resources.get(name)?.hash;
        const isRefused = client.refused.has(name) && client.refused.get(name) === wanted;
        if (!client.wants(name) || isRefused) continue;
        assert.equal(client.held.get(name), wanted, `version of ${name}`);
      }
    }),
    { numRuns: 500 },
  );
});
