// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { manualClock } from '../../../shared/time/manual-clock.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { createObjectCache, type ObjectCache } from '../resources/object-cache.js';
import { eventObject, isInScope, transitionOf, type WatchScope } from './watch-transition.js';

/** One write of a transaction: an object and its team, or no object. */
interface Write {
  readonly name: string;
  readonly team: 'a' | 'b' | undefined;
}

const scope: WatchScope = {
  namespace: undefined,
  selection: ({ metadata }) => metadata.labels?.['team'] === 'a',
};

const transaction = fc.uniqueArray(
  fc.record<Write>({
    name: fc.constantFrom('p', 'q', 'r', 's'),
    team: fc.constantFrom('a', 'b', undefined),
  }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 4 },
);

function newCache() {
  let version = 0;
  const cache = createObjectCache({ clock: manualClock(), since: 0, version: () => version });
  const commit = (writes: readonly Write[]): void => {
    version += 1;
    cache.record(
      version,
      writes.map(({ name, team }) => ({
        ...{ namespace: 'x', name },
        object: team && object(name, team, version),
      })),
    );
  };
  return { cache, commit };
}

function object(name: string, team: string, version: number): KubeObject {
  const labels = { team };
  const metadata = { name, namespace: 'x', labels, resourceVersion: String(version) };
  return { apiVersion: 'v1', kind: 'Secret', metadata };
}

/** A client that keeps what it is told, is cut off, and comes back with the last revision it saw. */
class Mirror {
  readonly objects = new Map<string, KubeObject>();
  #version = 0;

  /** Takes at most `patience` events; never ends between two writes of one transaction, which leave together. */
  follow(cache: ObjectCache, patience: number): void {
    let taken = 0;
    let isCut = false;
    cache.watch(this.#version, (change) => {
      if (isCut) return;
      const type = transitionOf(change, scope);
      const shown = type && eventObject(change, type);
      if (type !== undefined && shown !== undefined) {
        if (type === 'DELETED') this.objects.delete(shown.metadata.name);
        else this.objects.set(shown.metadata.name, shown);
        this.#version = Number(shown.metadata.resourceVersion);
        taken += 1;
      }
      const isGone = type === 'DELETED' && change.after === undefined;
      isCut = taken >= patience && (isGone || !change.isContinued);
    })();
  }
}

it('a client that is cut off anywhere and comes back ends with what a list shows', () => {
  const steps = fc.array(fc.tuple(transaction, fc.nat({ max: 3 })), { maxLength: 12 });
  fc.assert(
    fc.property(steps, (all) => {
      const { cache, commit } = newCache();
      const mirror = new Mirror();
      for (const [writes, patience] of all) {
        commit(writes);
        if (patience > 0) mirror.follow(cache, patience);
      }
      mirror.follow(cache, Number.POSITIVE_INFINITY);
      const listed = cache.list(undefined).objects.filter((one) => isInScope(one, scope));
      assert.deepEqual(
        [...mirror.objects.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
        listed,
      );
    }),
  );
});

it('an older state is what a list showed then', () => {
  fc.assert(
    fc.property(fc.array(transaction, { maxLength: 12 }), (all) => {
      const { cache, commit } = newCache();
      const shown = [cache.list(undefined)];
      for (const writes of all) {
        commit(writes);
        shown.push(cache.list(undefined));
      }
      shown.forEach((list, version) => {
        assert.deepEqual(cache.listAt(version, undefined), list);
      });
    }),
  );
});
