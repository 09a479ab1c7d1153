// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { portsWithOffset } from './ports.js';
import { renderSummary } from './summary.js';

const BASE = {
  ports: portsWithOffset(1000),
  podIp: '127.0.0.1',
  kubeconfig: '/d/kubeconfig',
  policies: 0,
  isKubeconfigFound: true,
};

describe('what up says', () => {
  it('names every address with its offset, and the next commands', () => {
    const text = renderSummary(BASE);
    for (const port of Object.values(BASE.ports))
      assert.match(text, new RegExp(`127\\.0\\.0\\.1:${port}\\n`));
    assert.match(text, /curl localhost:9080\/get/);
    assert.match(text, /npx heartline apply -f deploy\/examples\/tcp-keepalive\.yaml/);
    assert.doesNotMatch(text, /HEARTLINE_KUBECONFIG/);
  });

  it('shows what is on the address of the pod', () => {
    const text = renderSummary({ ...BASE, podIp: '127.0.0.15' });
    for (const port of [15_000, 15_020, 15_021]) {
      assert.match(text, new RegExp(`127\\.0\\.0\\.15:${port + 1000}\\n`));
    }
    assert.match(text, /127\.0\.0\.1:10979\n/);
  });

  it('says how commands find a kubeconfig that is elsewhere', () => {
    const text = renderSummary({ ...BASE, isKubeconfigFound: false });
    assert.match(text, /export HEARTLINE_KUBECONFIG=\/d\/kubeconfig/);
  });

  for (const [policies, expected] of [
    [0, 'with no policy yet'],
    [1, 'with 1 policy'],
    [7, 'with 7 policies'],
  ] as const) {
    it(expected, () => {
      assert.ok(renderSummary({ ...BASE, policies }).startsWith(`Heartline is up, ${expected}.\n`));
    });
  }
});
