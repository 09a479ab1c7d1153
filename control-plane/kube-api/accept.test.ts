// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { acceptsJson } from './accept.js';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

for (const [accept, expected] of [
  [undefined, true],
  ['', true],
  ['*/*', true],
  ['application/*', true],
  ['text/html, application/json;q=0.5', true],
  [`${TABLE},application/json`, true],
  [TABLE, false],
  ['application/json;q=0', false],
  ['application/yaml', false],
  ['application/vnd.kubernetes.protobuf,application/json', true],
] as const) {
  it(`acceptsJson(${accept}) is ${expected}`, () => assert.equal(acceptsJson(accept), expected));
}
