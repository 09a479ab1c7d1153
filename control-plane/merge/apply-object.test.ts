// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { StructuralSchema } from '../policy/structural-schema.js';
import { type ApplyOutcome, applyObject } from './apply-object.js';
import { isFieldSet, listPaths } from './field-set.js';
import { fieldsOf } from './fields-of.js';
import type { JsonObject } from './json-object.js';
import { type ManagedFieldsEntry, readManagedFields, type Writer } from './manager.js';
import { trackUpdate } from './track-update.js';

const TEXT: StructuralSchema = { type: 'string' };
const SCHEMA: StructuralSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: TEXT,
        b: TEXT,
        inner: { type: 'object', properties: { x: TEXT, y: TEXT } },
        map: { type: 'object', additionalProperties: TEXT },
        whole: {
          type: 'object',
          'x-kubernetes-map-type': 'atomic',
          properties: { x: TEXT, y: TEXT },
        },
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: TEXT, v: TEXT, w: TEXT } },
        },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: TEXT },
        list: { type: 'array', items: TEXT },
      },
    },
    status: { type: 'object', properties: { phase: TEXT } },
  },
};

const writer = (manager: string): Writer => ({
  manager,
  subresource: undefined,
  apiVersion: 'test/v1',
  time: '2026-01-01T00:00:00Z',
});

interface World {
  readonly object: JsonObject;
  readonly managers: readonly ManagedFieldsEntry[];
}

const EMPTY: World = { object: {}, managers: [] };

function tryApply(world: World, manager: string, spec: JsonObject, force = false): ApplyOutcome {
  return applyObject({
    ...{ schema: SCHEMA, live: world.object, wanted: { spec }, managers: world.managers },
    ...{ writer: writer(manager), part: 'object', force },
  });
}

function apply(world: World, manager: string, spec: JsonObject, force = false): World {
  const outcome = tryApply(world, manager, spec, force);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome;
}

function update(world: World, manager: string, spec: JsonObject): World {
  const object = { spec };
  const before = world === EMPTY ? undefined : world.object;
  const managers = trackUpdate({
    ...{ schema: SCHEMA, before, after: object, managers: world.managers },
    ...{ writer: writer(manager), part: 'object' },
  });
  return { object, managers };
}

function owners(world: World): Record<string, readonly string[]> {
  return Object.fromEntries(
    world.managers.map(({ manager, operation, fieldsV1 }) => [
      `${manager} ${operation}`,
      [...listPaths(fieldsV1)].sort(),
    ]),
  );
}

const conflicts = (outcome: ApplyOutcome): readonly string[] =>
  outcome.ok ? [] : outcome.conflicts.map(({ owner, path }) => `${owner.manager} ${path}`);

describe('server-side apply', () => {
  test('a manager owns what it says, down to the leaves and items', () => {
    const world = apply(EMPTY, 'm', {
      a: '1',
      inner: {},
      map: { k: 'v' },
      whole: { x: '1' },
      items: [{ name: 'n', v: '1' }],
      tags: ['t'],
      list: ['l'],
    });
    assert.deepEqual(owners(world), {
      'm Apply': [
        '.spec.a',
        '.spec.inner',
        '.spec.items[name="n"]',
        '.spec.items[name="n"].name',
        '.spec.items[name="n"].v',
        '.spec.list',
        '.spec.map.k',
        '.spec.tags[="t"]',
        '.spec.whole',
      ],
    });
  });

  test('a field that is given up goes, and one that was never owned stays', () => {
    const created = update(EMPTY, 'editor', { b: 'by hand' });
    const both = apply(created, 'm', { a: '1' });
    const without = apply(both, 'm', { inner: { x: '1' } });
    assert.deepEqual(without.object, { spec: { b: 'by hand', inner: { x: '1' } } });
  });

  test('what another manager owns too is shared, and stays when one gives it up', () => {
    const shared = apply(apply(EMPTY, 'm', { a: '1', b: '2' }), 'n', { a: '1' });
    const left = apply(shared, 'm', { b: '2' });
    assert.deepEqual(left.object, { spec: { a: '1', b: '2' } });
    assert.deepEqual(apply(left, 'n', {}).object, { spec: { b: '2' } });
  });

  test('another value of an owned field is a conflict that changes nothing; force takes it over', () => {
    const world = apply(EMPTY, 'm', { a: '1', inner: { x: '1' } });
    const outcome = tryApply(world, 'n', { a: '2', inner: { x: '2', y: '2' } });
    assert.deepEqual(conflicts(outcome), ['m .spec.a', 'm .spec.inner.x']);
    const forced = apply(world, 'n', { a: '2' }, true);
    assert.deepEqual(owners(forced), { 'n Apply': ['.spec.a'], 'm Apply': ['.spec.inner.x'] });
  });

  test('lists: items of a map list merge by key, sets by value, other lists are one piece', () => {
    const world = apply(EMPTY, 'm', {
      items: [{ name: 'one', v: '1' }, { name: 'two' }],
      tags: ['x', 'y'],
      list: ['p'],
    });
    const merged = apply(world, 'n', {
      items: [
        { name: 'zero', v: '0' },
        { name: 'one', w: '9' },
      ],
      tags: ['z', 'x'],
    });
    assert.deepEqual(merged.object['spec'], {
      items: [{ name: 'zero', v: '0' }, { name: 'one', v: '1', w: '9' }, { name: 'two' }],
      tags: ['z', 'x', 'y'],
      list: ['p'],
    });
    assert.deepEqual(conflicts(tryApply(merged, 'n', { list: ['q'] })), ['m .spec.list']);
    const left = apply(merged, 'm', { tags: ['y'] });
    assert.deepEqual(left.object['spec'], {
      items: [
        { name: 'zero', v: '0' },
        { name: 'one', w: '9' },
      ],
      tags: ['z', 'x', 'y'],
    });
  });

  test('a container that is emptied by its owner stays empty', () => {
    const world = apply(apply(EMPTY, 'm', { inner: { x: '1' } }), 'm', { inner: {} });
    assert.deepEqual(world.object, { spec: { inner: {} } });
  });

  test('the same again changes nothing, the time of the entry included', () => {
    const world = apply(EMPTY, 'm', { a: '1' });
    const again = applyObject({
      ...{ schema: SCHEMA, live: world.object, wanted: { spec: { a: '1' } } },
      managers: world.managers,
      ...{ part: 'object', force: false },
      writer: { ...writer('m'), time: '2027-01-01T00:00:00Z' },
    });
    assert.ok(again.ok);
    assert.deepEqual(again.object, world.object);
    assert.deepEqual(again.managers, world.managers);
  });
});

describe('other writes', () => {
  test('the writer owns what it changed, its containers when they are new, and nobody else does any more', () => {
    const created = update(EMPTY, 'm', { a: '1', inner: { x: '1' } });
    assert.deepEqual(owners(created), {
      'm Update': ['.spec', '.spec.a', '.spec.inner', '.spec.inner.x'],
    });
    const changed = update(created, 'n', { a: '1', inner: { x: '2' } });
    assert.deepEqual(owners(changed), {
      'm Update': ['.spec', '.spec.a', '.spec.inner'],
      'n Update': ['.spec.inner.x'],
    });
    assert.deepEqual(owners(update(changed, 'o', { a: '1' })), {
      'm Update': ['.spec', '.spec.a'],
    });
  });

  test('an object whose owners are not known stays so until it is applied', () => {
    const old: World = { object: { spec: { a: '1' } }, managers: [] };
    assert.deepEqual(update(old, 'm', { a: '2' }).managers, []);
  });

  test('at most ten managers of updates are kept apart, the oldest become one', () => {
    let world = EMPTY;
    let spec: JsonObject = {};
    for (let i = 0; i < 14; i += 1) {
      spec = { ...spec, map: { ...(spec['map'] as JsonObject), [`k${i}`]: 'v' } };
      world = update(world, `m${String(i).padStart(2, '0')}`, spec);
    }
    assert.equal(world.managers.length, 10);
    const ancient = world.managers.find(({ manager }) => manager === 'ancient-changes');
    assert.ok(ancient);
    assert.ok(listPaths(ancient.fieldsV1).includes('.spec.map.k4'));
    assert.equal(world.managers.flatMap((one) => listPaths(one.fieldsV1)).length, 14 + 2);
  });
});

test('what a client sends as managedFields is read, or is none', () => {
  const rows: readonly [unknown, number | undefined][] = [
    [[], 0],
    [[{}], 0],
    [[{ manager: 'm', operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1: { 'f:a': {} } }], 1],
    [[{ manager: 'm', operation: 'Zork' }], undefined],
    [[{ manager: 'm', operation: 'Apply', fieldsV1: { a: {} } }], undefined],
    [[{ manager: 'm', operation: 'Apply', fieldsV1: { 'k:nojson': {} } }], undefined],
    ['text', undefined],
    [[null], undefined],
  ];
  for (const [raw, count] of rows) {
    assert.equal(readManagedFields(raw)?.length, count, JSON.stringify(raw));
  }
});

const text = fc.constantFrom('1', '2', '3');
const spec = fc
  .record(
    {
      a: text,
      b: text,
      inner: fc.record({ x: text, y: text }, { requiredKeys: [] }),
      map: fc.dictionary(fc.constantFrom('k', '__proto__', 'constructor'), text),
      whole: fc.record({ x: text, y: text }, { requiredKeys: [] }),
      items: fc.uniqueArray(
        fc.record(
          { name: fc.constantFrom('n', 'o', 'p'), v: text, w: text },
          { requiredKeys: ['name'] },
        ),
        { selector: ({ name }) => name },
      ),
      tags: fc.uniqueArray(text),
      list: fc.array(text),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);
const step = fc.record({
  manager: fc.constantFrom('m', 'n', 'o'),
  spec,
  force: fc.boolean(),
  isUpdate: fc.boolean(),
});

describe('whatever managers do', () => {
  const run = (
    steps: readonly { manager: string; spec: JsonObject; force: boolean; isUpdate: boolean }[],
  ) =>
    steps.reduce<World>((world, { manager, spec: wanted, force, isUpdate }) => {
      if (isUpdate) return update(world, manager, wanted);
      const outcome = tryApply(world, manager, wanted, force);
      return outcome.ok ? outcome : world;
    }, EMPTY);

  test('applying again changes nothing, and what was applied is there and owned', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), spec, (steps, wanted) => {
        const once = apply(run(steps), 'm', wanted, true);
        const twice = apply(once, 'm', wanted);
        assert.deepEqual(twice, once);
        const own = once.managers.find((one) => one.manager === 'm' && one.operation === 'Apply');
        const said = listPaths(fieldsOf(SCHEMA, { spec: wanted }));
        assert.deepEqual(own === undefined ? [] : listPaths(own.fieldsV1), said);
        const present = new Set(listPaths(fieldsOf(SCHEMA, once.object)));
        for (const path of said.filter(
          (one) => one !== '.spec' && !/\.(inner|map|items|tags)$/.test(one),
        )) {
          assert.ok(present.has(path), path);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('owners own what exists, in a form that is read back, and a conflict changes nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), spec, (steps, wanted) => {
        const world = run(steps);
        const before = JSON.stringify(world);
        const outcome = tryApply(world, 'n', wanted);
        assert.equal(JSON.stringify(world), before);
        for (const { owner } of outcome.ok ? [] : outcome.conflicts) {
          assert.notDeepEqual([owner.manager, owner.operation], ['n', 'Apply']);
        }
        const managers = outcome.ok ? outcome.managers : world.managers;
        const stored = JSON.parse(JSON.stringify(managers)) as unknown;
        assert.deepEqual(readManagedFields(stored), managers);
        assert.ok(managers.every(({ fieldsV1 }) => isFieldSet(fieldsV1)));
      }),
      { numRuns: 150 },
    );
  });
});
