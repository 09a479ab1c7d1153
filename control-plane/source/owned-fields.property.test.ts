// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import { kindOf } from '../../test/support/sample-objects.js';
import { listPaths } from '../merge/field-set.js';
import { everyFieldOf } from '../merge/fields-of.js';
import type { JsonObject } from '../merge/json-object.js';
import { objectKey } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { createMemoryStore } from '../store/memory-store.js';
import { createObjectDoor } from './embedded-objects.js';
import type { ObjectChange } from './object-door.js';
import { managersOf } from './plan-change.js';

const kind = kindOf('Gateway');
const admission = crdAdmission();
const target = { kind, namespace: 'httpbin', name: 'g' };
const KEY = objectKey(kind, 'httpbin', 'g');

const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
/** One of the good values, and now and then the bad one. */
const mostly = <T>(good: readonly T[], bad: T) =>
  fc.oneof({ weight: 20, arbitrary: some(good) }, { weight: 1, arbitrary: fc.constant(bad) });
const byName = { selector: ({ name }: { readonly name: string }) => name };
const metadata = fc.record(
  {
    labels: fc.dictionary(mostly(['a', 'b'], 'bad key'), some(['1', '2']), { maxKeys: 2 }),
    annotations: fc.dictionary(some(['a', 'constructor']), some(['1', '2']), { maxKeys: 2 }),
    finalizers: fc.array(mostly(['a.b/c', 'a.b/d'], 'not ok'), { maxLength: 2 }),
    ownerReferences: fc.uniqueArray(
      fc.record({
        ...{ apiVersion: fc.constant('v1'), kind: mostly(['Pod', 'Node'], 'Event') },
        ...{ name: some(['p', 'q']), uid: some(['u', 'v', 'w', 'x']) },
      }),
      { maxLength: 2, ...byName },
    ),
  },
  { requiredKeys: [] },
);
const spec = fc.record(
  {
    gatewayClassName: mostly(['agentgateway', 'other'], ''),
    listeners: fc.uniqueArray(
      fc.record(
        {
          name: some(['http', 'tcp', 'more']),
          port: mostly([80, 8080, 9000], 70_000),
          protocol: some(['HTTP', 'TCP']),
          hostname: mostly(['example.com', 'a.example.com'], 'not a host'),
        },
        { requiredKeys: ['name', 'port', 'protocol'] },
      ),
      { minLength: 1, maxLength: 3, ...byName },
    ),
  },
  { requiredKeys: [] },
);
const write = fc.record({
  manager: some(['m', 'n', 'o']),
  how: some(['apply', 'apply', 'force', 'merge', 'replace'] as const),
  metadata,
  spec,
});

type Write = typeof write extends fc.Arbitrary<infer Value> ? Value : never;

/** Begins with an object, so that all that follows has one to change. */
const FIRST: Write = {
  ...{ manager: 'm', how: 'apply', metadata: {} },
  spec: {
    gatewayClassName: 'agentgateway',
    listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
  },
};

function toChange(wanted: Write): ObjectChange {
  const object = {
    ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' },
    metadata: { name: 'g', namespace: 'httpbin', ...wanted.metadata },
    spec: wanted.spec,
  };
  const patch = { ...target, verb: 'patch' } as const;
  switch (wanted.how) {
    case 'replace':
      return { ...target, verb: 'replace', object };
    case 'merge':
      return { ...patch, patch: { type: 'merge', body: object } };
    default:
      return { ...patch, patch: { type: 'apply', body: object, force: wanted.how === 'force' } };
  }
}

function newDoor() {
  const store = createMemoryStore('test');
  const clock = manualClock(Date.parse('2026-11-22T13:00:00Z'));
  let uids = 0;
  const door = createObjectDoor({ store, admission, clock, randomUuid: () => `uid-${++uids}` });
  /** Whether it was taken. */
  const apply = async (change: ObjectChange, fieldManager: string): Promise<boolean> => {
    try {
      await door.applyObjects({
        caller: { actor: 'alice', reason: 'test', fieldManager },
        ...{ changes: [change], dryRun: false, fieldValidation: 'Strict' },
      });
      return true;
    } catch (thrown) {
      assert.ok(thrown instanceof HeartlineError, String(thrown));
      const expected = ['INVALID_OBJECT', 'INVALID_ARGUMENT', 'CONFLICT', 'NOT_FOUND'];
      assert.ok(expected.includes(thrown.code), thrown.message);
      return false;
    }
  };
  return { store, apply };
}

/** Kept by nobody when they are empty; who applied them so owns them all the same, as in Kubernetes. */
const EMPTY_MAPS = ['.metadata.labels', '.metadata.annotations'];

/** What is stored is what admission makes of it, and every field that somebody owns is there. */
function checkStored(stored: KubeObject): void {
  const { managedFields: _, ...own } = stored.metadata;
  const plain = { ...stored, metadata: own };
  assert.deepEqual(admission.admit(kind, plain, { fieldValidation: 'Strict' }).object, plain);
  const schema = admission.ownershipSchema(kind);
  const present = new Set(listPaths(everyFieldOf(schema, stored as unknown as JsonObject)));
  for (const { manager, fieldsV1 } of managersOf(stored)) {
    const owned = listPaths(fieldsV1).filter((path) => !EMPTY_MAPS.includes(path));
    for (const path of owned) assert.ok(present.has(path), `${manager}: ${path}`);
  }
}

test('whatever several managers write, it is valid and owned as it stands, or refused whole', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 2, maxLength: 8 }), async (writes) => {
      const { store, apply } = newDoor();
      await apply(toChange(FIRST), FIRST.manager);
      for (const one of writes) {
        const seq = store.lastSeq();
        if (!(await apply(toChange(one), one.manager))) {
          assert.equal(store.lastSeq(), seq, 'nothing of what is refused is written');
          continue;
        }
        taken += 1;
        checkStored(store.get(KEY)?.value as unknown as KubeObject);
      }
    }),
    { numRuns: 150 },
  );
  assert.ok(taken > 100, `only ${taken} writes were taken`);
});
