// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { loadWire } from '../../shared/proto/wire.js';
import { snapshotOf, versionOf } from '../../test/support/resource-sets.js';
import { createBoundedCache } from './bounded-cache.js';
import { type Holding, NOTHING_HELD, type ResourceSet } from './holding.js';
import { NO_REJECTIONS } from './rejections.js';
import { createResponseCache } from './response-cache.js';
import { NOTHING_OWED, planResponse, type ResponsePlan } from './response-plan.js';

const wire = loadWire();

function planFor(holding: Holding, set: ResourceSet, label = '2-x'): ResponsePlan {
  const { differ } = createResponseCache(wire, 'me');
  const target = { set, label, removals: true };
  const subscription = { wildcard: true, names: new Set<string>() };
  const owed = NOTHING_OWED;
  return planResponse({ subscription, holding, rejections: NO_REJECTIONS, owed, target }, differ);
}

test('the bytes are a complete response', () => {
  const base = snapshotOf({ a: '1', gone: '1' });
  const plan = planFor({ base, exceptions: new Map() }, snapshotOf({ a: '2' }));
  const bytes = createResponseCache(wire, 'me').encode(RESOURCE_TYPE_URL, plan, 's1-7');
  const response = wire.deltaResponse.decode(bytes);
  assert.deepEqual(JSON.parse(JSON.stringify(response)), {
    systemVersionInfo: '2-x',
    resources: [
      {
        name: 'a',
        version: versionOf('2'),
        resource: {
          type_url: RESOURCE_TYPE_URL,
          value: JSON.parse(JSON.stringify(Buffer.from('2'))) as unknown,
        },
        aliases: [],
      },
    ],
    typeUrl: RESOURCE_TYPE_URL,
    nonce: 's1-7',
    removedResources: ['gone'],
    controlPlane: { identifier: 'me' },
    removedResourceNames: [],
    resourceErrors: [],
  });
});

/** A cache that tells how often it had to encode. */
function countingCache() {
  let encodings = 0;
  const counting = {
    ...wire,
    deltaResponse: {
      ...wire.deltaResponse,
      encode: (message: Parameters<typeof wire.deltaResponse.encode>[0]) => {
        encodings += 1;
        return wire.deltaResponse.encode(message);
      },
    },
  };
  return { cache: createResponseCache(counting, 'me'), encodings: () => encodings };
}

test('what was encoded for one stream is copied for the next', () => {
  const { cache, encodings } = countingCache();
  const target = snapshotOf({ a: '1', b: '1' });
  cache.encode(RESOURCE_TYPE_URL, planFor(NOTHING_HELD, target), 'n1');
  const once = encodings();
  const again = cache.encode(RESOURCE_TYPE_URL, planFor(NOTHING_HELD, target), 'n2');
  assert.equal(encodings(), once);
  assert.equal(wire.deltaResponse.decode(again).nonce, 'n2');
});

test('names that nobody knows push nothing out, however many and long a worker makes them', () => {
  const { cache, encodings } = countingCache();
  const target = snapshotOf({ a: '1', b: '1' });
  cache.encode(RESOURCE_TYPE_URL, planFor(NOTHING_HELD, target), 'n1');
  for (let number = 0; number < 8; number += 1) {
    const name = `${number}`.repeat(10_000_000);
    const held: Holding = { base: target, exceptions: new Map([[name, 'never-was']]) };
    const answer = wire.deltaResponse.decode(
      cache.encode(RESOURCE_TYPE_URL, planFor(held, target), 'n1'),
    );
    assert.ok(answer.removedResources?.[0] === name, 'the name was not answered');
  }
  const before = encodings();
  cache.encode(RESOURCE_TYPE_URL, planFor(NOTHING_HELD, target), 'n2');
  assert.equal(encodings(), before);
});

test('streams that lack the same names share, whatever they miss them for', () => {
  const cache = createResponseCache(wire, 'me');
  const target = snapshotOf({ a: '1', b: '2' });
  const stale: Holding = { base: target, exceptions: new Map([['b', versionOf('1')]]) };
  const planned = planFor(stale, target);
  assert.deepEqual(
    planned.resources.map((resource) => resource.name),
    ['b'],
  );
  const bytes = cache.encode(RESOURCE_TYPE_URL, planned, 'n1');
  assert.equal(wire.deltaResponse.decode(bytes).resources.length, 1);
});

test('one set to another under another label is another response', () => {
  const cache = createResponseCache(wire, 'me');
  const target = snapshotOf({ a: '1' });
  const labelOf = (label: string) =>
    wire.deltaResponse.decode(
      cache.encode(RESOURCE_TYPE_URL, planFor(NOTHING_HELD, target, label), 'n'),
    ).systemVersionInfo;
  assert.deepEqual([labelOf('1-x'), labelOf('3-x')], ['1-x', '3-x']);
});

test('a bounded cache forgets the oldest and never keeps what does not fit', () => {
  let made = 0;
  const cache = createBoundedCache<string>(10, (value) => value.length);
  const get = (key: string, value: string): boolean => {
    const before = made;
    cache.getOrMake(key, () => {
      made += 1;
      return value;
    });
    return made > before;
  };
  assert.equal(get('a', '12345'), true);
  assert.equal(get('b', '12345'), true);
  assert.equal(get('a', '12345'), false);
  assert.equal(get('c', '1'), true);
  assert.equal(get('a', '12345'), true, 'the oldest is gone');
  assert.equal(get('big', '12345678901'), true);
  assert.equal(get('big', '12345678901'), true);
  assert.equal(get('c', '1'), false);
});
