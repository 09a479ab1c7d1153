// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '../../../shared/telemetry/logger.js';
import { manualClock } from '../../../shared/time/manual-clock.js';
import { crdAdmission } from '../../../test/support/crd-admission.js';
import { kindOf, sampleBackend } from '../../../test/support/sample-objects.js';
import type { TransactionDraft } from '../../log/transaction.js';
import { createMemoryStore } from '../../store/memory-store.js';
import type { ClusterObject } from './cluster-object.js';
import { createMirror, readKnownCopy } from './mirror.js';

const admission = crdAdmission();
const kind = kindOf('AgentgatewayBackend');
const logger = createLogger({ name: 'test', level: 'silent' });

function backend(name: string, port: number, resourceVersion = '1'): ClusterObject {
  const { metadata, spec } = sampleBackend(name, port);
  return { metadata: { ...metadata, uid: `u-${name}`, resourceVersion }, spec };
}

function newMirror() {
  const store = createMemoryStore('test');
  const clock = manualClock(1_000);
  const commits: TransactionDraft[] = [];
  let failures = 0;
  const mirror = createMirror({
    store: {
      get: store.get,
      list: store.list,
      commit(draft) {
        if (failures > 0) {
          failures -= 1;
          throw new Error('disk full');
        }
        commits.push(draft);
        return store.commit(draft);
      },
    },
    ...{ clock, logger, cluster: 'prod' },
    admit: (one, object) => admission.admit(one, object, { fieldValidation: 'Ignore' }).object,
  });
  const settle = async (): Promise<void> => {
    let isIdle = false;
    void mirror.idle().then(() => {
      isIdle = true;
    });
    while (!isIdle) {
      clock.advance(1_100);
      await new Promise(setImmediate);
    }
  };
  const ports = (): Record<string, number> =>
    Object.fromEntries(
      store.list('objects/').entries.map(({ key, value }) => {
        const { spec } = value as unknown as { readonly spec: { static: { port: number } } };
        return [key.split('/').at(-1), spec.static.port];
      }),
    );
  return { mirror, store, clock, commits, settle, ports, failNext: (n: number) => (failures = n) };
}

describe('the mirror', () => {
  it('writes nothing before it is released, then everything together', async () => {
    const { mirror, commits, settle, ports } = newMirror();
    mirror.replace(kind, [backend('a', 1), backend('b', 2)]);
    mirror.change(kind, 'put', backend('b', 3));
    assert.equal(commits.length, 0);
    mirror.release();
    await settle();
    assert.deepEqual(ports(), { a: 1, b: 3 });
    assert.equal(commits.length, 1);
  });

  it('merges the changes of a tick and keeps the last of each object', async () => {
    const { mirror, commits, settle, ports } = newMirror();
    mirror.release();
    for (let port = 1; port <= 50; port += 1) mirror.change(kind, 'put', backend('a', port));
    mirror.change(kind, 'put', backend('b', 1));
    mirror.change(kind, 'removed', backend('b', 1));
    await settle();
    assert.deepEqual(ports(), { a: 50 });
    assert.equal(commits.length, 1);
    assert.deepEqual(
      commits[0]?.ops.map(({ op, key }) => `${op} ${key.split('/').at(-1)}`),
      ['put a', 'delete a', 'put kubernetes'],
    );
  });

  it('a second list writes only what differs, and removes what is not in it', async () => {
    const { mirror, commits, settle, ports } = newMirror();
    mirror.release();
    mirror.replace(kind, [backend('a', 1), backend('b', 2), backend('c', 3)]);
    await settle();
    mirror.replace(kind, [backend('a', 1, '77'), backend('b', 2, '78'), backend('c', 3, '79')]);
    await settle();
    assert.equal(commits.length, 1, 'nothing differs');
    mirror.replace(kind, [backend('a', 1), backend('b', 4)]);
    await settle();
    assert.deepEqual(ports(), { a: 1, b: 4 });
    assert.equal(commits.length, 2);
  });

  it('what was removed while its creation was under way does not stay', async () => {
    const { mirror, clock, ports, settle } = newMirror();
    mirror.release();
    mirror.change(kind, 'put', backend('a', 1));
    clock.advance(100);
    mirror.replace(kind, []);
    await settle();
    await settle();
    assert.deepEqual(ports(), {});
  });

  it('writes again what the store refused, unless something newer came', async () => {
    const { mirror, clock, settle, ports, failNext } = newMirror();
    mirror.release();
    failNext(1);
    mirror.change(kind, 'put', backend('a', 1));
    mirror.change(kind, 'put', backend('b', 1));
    clock.advance(100);
    mirror.change(kind, 'put', backend('a', 2));
    await settle();
    assert.deepEqual(ports(), { a: 2, b: 1 });
  });

  it('a refused object keeps its copy, is named, and is taken once it is right', async () => {
    const { mirror, settle, ports } = newMirror();
    mirror.release();
    mirror.change(kind, 'put', backend('a', 1));
    await settle();
    mirror.change(kind, 'put', backend('a', 99_999));
    await settle();
    assert.deepEqual(ports(), { a: 1 });
    assert.match([...mirror.refusals().values()][0]?.message ?? '', /spec\.static\.port/);
    mirror.change(kind, 'put', backend('a', 2));
    await settle();
    assert.deepEqual(ports(), { a: 2 });
    assert.equal(mirror.refusals().size, 0);
  });

  it('one that was refused and is deleted is no longer named', async () => {
    const { mirror, settle } = newMirror();
    mirror.release();
    mirror.replace(kind, [backend('a', 99_999)]);
    await settle();
    assert.equal(mirror.refusals().size, 1);
    mirror.replace(kind, []);
    await settle();
    assert.equal(mirror.refusals().size, 0);
  });

  it('remembers what the copy is of and how old it is', async () => {
    const { mirror, store, settle } = newMirror();
    assert.equal(readKnownCopy(store), undefined);
    mirror.release();
    mirror.change(kind, 'put', backend('a', 1));
    await settle();
    assert.deepEqual(readKnownCopy(store), { cluster: 'prod', atMs: 1_050 });
  });
});
