// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { intersectHostnames } from './hostnames.js';

const ROWS: readonly {
  readonly listener: string | undefined;
  readonly route: readonly string[];
  readonly common: readonly string[] | undefined;
}[] = [
  { listener: undefined, route: [], common: [] },
  { listener: 'a.example.com', route: [], common: [] },
  { listener: undefined, route: ['b.c', 'a.c', 'b.c'], common: ['a.c', 'b.c'] },
  { listener: '', route: ['*.c'], common: ['*.c'] },
  {
    listener: 'a.example.com',
    route: ['a.example.com', 'b.example.com'],
    common: ['a.example.com'],
  },
  { listener: 'a.example.com', route: ['b.example.com'], common: undefined },
  { listener: '*.example.com', route: ['a.b.example.com'], common: ['a.b.example.com'] },
  { listener: '*.example.com', route: ['example.com'], common: undefined },
  { listener: '*.example.com', route: ['badexample.com'], common: undefined },
  { listener: 'a.example.com', route: ['*.example.com'], common: ['a.example.com'] },
  { listener: '*.example.com', route: ['*.b.example.com'], common: ['*.b.example.com'] },
  { listener: '*.b.example.com', route: ['*.example.com'], common: ['*.b.example.com'] },
  { listener: '*.b.com', route: ['*.c.com'], common: undefined },
];

describe('intersectHostnames', () => {
  for (const { listener, route, common } of ROWS) {
    it(`${listener ?? 'any host'} and [${route}] have ${common ?? 'nothing'} in common`, () => {
      assert.deepEqual(intersectHostnames(listener, route), common);
    });
  }
});
