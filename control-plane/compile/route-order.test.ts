// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { routeKey } from '../../shared/names/resource-keys.js';
import { compareText } from '../../shared/names/sort.js';
import type { RouteMatch } from '../../shared/proto/gen/agentgateway/dev/resource/RouteMatch.js';
import type { KubeObject } from '../policy/kube-object.js';
import { gatewayResource } from './gateway-resource.js';
import { orderByAge, type RoutedObject, routedObject } from './route-order.js';

interface RouteShape {
  readonly name: string;
  /** Seconds after an instant; undefined: the object has no creation time. */
  readonly age: number | undefined;
  readonly rules: readonly { readonly hostname: string; readonly match: RouteMatch }[];
}

/** Names that sort otherwise than keys do, because a key goes on after the name. */
const NAMES = ['a', 'a-b', 'a.b', 'a.00', 'b', 'b-0', 'c'];
const match = fc.oneof(
  fc.record({ path: fc.record({ pathPrefix: fc.constantFrom('/', '/x', '/xy') }) }),
  fc.record({ path: fc.record({ exact: fc.constantFrom('/x', '/y') }) }),
  fc.record({ path: fc.record({ regex: fc.constantFrom('/.', '/..') }) }),
  fc.record({ method: fc.record({ exact: fc.constantFrom('GET', 'PUT') }) }),
);
const shape = fc.record({
  name: fc.constantFrom(...NAMES),
  age: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  rules: fc.array(fc.record({ hostname: fc.constantFrom('', 'h.test'), match }), {
    minLength: 1,
    maxLength: 2,
  }),
});
const world = fc.uniqueArray(shape, { maxLength: 7, selector: ({ name }) => name });

function toObject({ name, age, rules }: RouteShape): RoutedObject {
  const created =
    age === undefined
      ? {}
      : { creationTimestamp: new Date(1_767_225_600_000 + age * 1000).toISOString() };
  const object = { kind: 'HTTPRoute', metadata: { name, namespace: 'ns', ...created } };
  const resources = rules.map(({ hostname, match: one }, index) => {
    const key = routeKey({ namespace: 'ns', name }, index, 'http');
    const hostnames = hostname === '' ? [] : [hostname];
    const route = { key, listenerKey: 'ns/gw.http', hostnames, matches: [one] };
    return gatewayResource('route', key, { route });
  });
  return routedObject(object as unknown as KubeObject, resources);
}

/** Which route's rule it is, and what it matches. */
function describeRoute(key: string | undefined, shapes: readonly RouteShape[]) {
  const plain = (key ?? '').replace(/^[0-9]{10}\.[0-9]{3}\//, '');
  for (const [at, { name, rules }] of shapes.entries()) {
    for (const [rule, { hostname, match: one }] of rules.entries()) {
      if (plain !== routeKey({ namespace: 'ns', name }, rule, 'http')) continue;
      return { at, rule, what: JSON.stringify([hostname, one]) };
    }
  }
  throw new Error(`no route has the key ${key}`);
}

describe('the order of keys', () => {
  it('is age, then name, then rule, wherever two matches are equal', () => {
    fc.assert(
      fc.property(world, (given) => {
        const shapes = given.toSorted(
          (a, b) => (a.age ?? -1) - (b.age ?? -1) || compareText(a.name, b.name),
        );
        const inKeyOrder = orderByAge(given.map(toObject))
          .toSorted((a, b) => compareText(a.message.route?.key ?? '', b.message.route?.key ?? ''))
          .map(({ message }) => describeRoute(message.route?.key ?? undefined, shapes));
        for (const [i, first] of inKeyOrder.entries()) {
          for (const later of inKeyOrder.slice(i + 1)) {
            if (first.what !== later.what) continue;
            const inOrder =
              first.at < later.at || (first.at === later.at && first.rule < later.rule);
            assert.ok(inOrder, `${first.what}: route ${first.at} before ${later.at}`);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('stays as it is without a tie, and does not depend on the order of objects', () => {
    fc.assert(
      fc.property(world, fc.gen(), (given, gen) => {
        const keysOf = (shapes: readonly RouteShape[]) =>
          orderByAge(shapes.map(toObject))
            .map(({ name }) => name)
            .toSorted(compareText);
        const shuffled = gen(fc.shuffledSubarray, [...given], {
          minLength: given.length,
          maxLength: given.length,
        });
        assert.deepEqual(keysOf(shuffled), keysOf(given));
        const apart = given.map((one, at) => ({
          ...one,
          rules: [{ hostname: '', match: { path: { exact: `/${at}` } } }],
        }));
        assert.ok(keysOf(apart).every((name) => name.startsWith('route/ns/')));
      }),
      { numRuns: 300 },
    );
  });
});
