// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deploymentNameOf, isPodName, labelValue, uidOf, workerName } from './names.js';

describe('the Deployment of a pod', () => {
  const rows: readonly [pod: string, deployment: string][] = [
    ['agentgateway-proxy-0', 'agentgateway-proxy'],
    ['agentgateway-proxy-12', 'agentgateway-proxy'],
    ['web-7d9f8c6b5d-x2x9z', 'web'],
    ['my-web-5f4b6c7d8-zq8wv', 'my-web'],
    // Words have vowels, which generated ends never have.
    ['edge-gateway-proxy', 'edge-gateway-proxy'],
    ['worker', 'worker'],
    ['0', '0'],
    ['a-0-1', 'a-0'],
  ];
  for (const [pod, deployment] of rows) {
    it(`of ${pod} is ${deployment}`, () => assert.equal(deploymentNameOf(pod), deployment));
  }
});

describe('names', () => {
  it('of pods are those of Kubernetes', () => {
    const named = (namespace: string, name: string) => isPodName({ namespace, name });
    assert.ok(named('agentgateway-system', 'agentgateway-proxy-0'));
    for (const name of ['', 'A', 'a/b', '../x', '-a', 'a'.repeat(254)])
      assert.ok(!named('n', name));
    for (const namespace of ['', 'a.b', 'N', 'a'.repeat(64)]) assert.ok(!named(namespace, 'p'));
  });

  it('of workers tell apart those who call themselves alike', () => {
    const pod = { namespace: 'n', name: 'p-0' };
    assert.match(workerName('a', pod), /^p-0-[0-9a-f]{8}$/);
    assert.notEqual(workerName('a', pod), workerName('b', pod));
    const longest = workerName('a', { namespace: 'n', name: 'p'.repeat(253) });
    assert.match(longest, /^worker-[0-9a-f]{8}$/);
  });

  it('are label values, or their digest', () => {
    assert.equal(labelValue('agentgateway-proxy'), 'agentgateway-proxy');
    for (const text of ['a'.repeat(64), 'a b', '', '-a']) {
      assert.match(labelValue(text), /^[0-9a-f]{63}$/);
    }
  });

  it('have UIDs that are UUIDs, always the same', () => {
    assert.match(
      uidOf('Pod', 'n/p'),
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.equal(uidOf('Pod', 'n/p'), uidOf('Pod', 'n/p'));
    assert.notEqual(uidOf('Pod', 'n/p'), uidOf('Deployment', 'n/p'));
  });
});
