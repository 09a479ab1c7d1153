// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StructuralSchema } from '../policy/structural-schema.js';
import type { JsonObject } from './json-object.js';
import { applyStrategicMergePatch } from './strategic-merge-patch.js';

const SCHEMA: StructuralSchema = {
  type: 'object',
  properties: {
    ports: {
      type: 'array',
      'x-kubernetes-patch-merge-key': 'port',
      items: { type: 'object', properties: {} },
    },
    plain: { type: 'array' },
  },
};

const PORTS = { ports: [{ port: 80, name: 'a' }, { port: 81 }] };
const ROWS: readonly [string, JsonObject, JsonObject, JsonObject][] = [
  [
    'objects merge, null removes',
    { a: { x: 1, y: 2 } },
    { a: { y: null, z: 3 } },
    { a: { x: 1, z: 3 } },
  ],
  ['lists without a merge key are replaced', { plain: [1, 2] }, { plain: [3] }, { plain: [3] }],
  [
    'items merge by their key, new ones come last',
    PORTS,
    { ports: [{ port: 82 }, { port: 80, name: 'b' }] },
    { ports: [{ port: 80, name: 'b' }, { port: 81 }, { port: 82 }] },
  ],
  [
    'as kubectl apply replaces a port',
    { ports: [{ port: 80 }] },
    {
      '$setElementOrder/ports': [{ port: 81 }],
      ports: [{ port: 81 }, { $patch: 'delete', port: 80 }],
    },
    { ports: [{ port: 81 }] },
  ],
  [
    'an order',
    PORTS,
    { '$setElementOrder/ports': [{ port: 81 }, { port: 80 }], ports: [{ port: 81, name: 'z' }] },
    {
      ports: [
        { port: 81, name: 'z' },
        { port: 80, name: 'a' },
      ],
    },
  ],
  [
    'a list as a whole',
    PORTS,
    { ports: [{ $patch: 'replace' }, { port: 9 }] },
    { ports: [{ port: 9 }] },
  ],
  ['an object as a whole', { a: { x: 1 } }, { a: { $patch: 'replace', y: 2 } }, { a: { y: 2 } }],
  [
    'values of a list',
    { plain: [1, 2, 3] },
    { '$deleteFromPrimitiveList/plain': [2] },
    { plain: [1, 3] },
  ],
  ['fields that stay', { a: { x: 1, y: 2 } }, { a: { $retainKeys: ['x'], x: 3 } }, { a: { x: 3 } }],
];

test('a strategic merge patch', () => {
  for (const [name, target, patch, expected] of ROWS) {
    assert.deepEqual(applyStrategicMergePatch(SCHEMA, target, patch), expected, name);
  }
});
