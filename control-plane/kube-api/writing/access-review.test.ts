// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessRules, isAllowed } from './access-review.js';

const PODS = {
  kind: { group: '', plural: 'pods' },
  verbs: ['get', 'list', 'watch'],
  subresources: ['portforward', 'status'],
} as const;
const ask = (subresource: string, verb: string) => ({
  resourceAttributes: { group: '', resource: 'pods', subresource, verb },
});

describe('kubectl auth can-i', () => {
  for (const mayPortForward of [true, false, undefined]) {
    it(`create pods/portforward, with mayPortForward ${mayPortForward}`, () => {
      const identity = mayPortForward === undefined ? {} : { mayPortForward };
      const rules = accessRules([PODS], identity);
      assert.equal(isAllowed(rules, ask('portforward', 'create')), mayPortForward === true);
      assert.equal(isAllowed(rules, ask('status', 'get')), true);
      assert.equal(isAllowed(rules, ask('', 'list')), true);
    });
  }
});
