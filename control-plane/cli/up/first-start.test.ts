// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readManifests } from '../apply/manifests.js';
import { withBackendPort } from './first-start.js';

function manifestOf(spec: string) {
  const text = `apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayBackend\nmetadata: {name: httpbin}\nspec: ${spec}\n`;
  const [manifest] = readManifests([{ source: 'x', text }], {
    namespace: 'n',
    enforced: false,
  }).manifests;
  assert.ok(manifest);
  return manifest;
}

describe('withBackendPort', () => {
  const original = manifestOf('{static: {host: h, port: 18000}, other: 1}');

  it('moves the port and nothing else', () => {
    const moved = withBackendPort(original, 18_000, 19_000);
    assert.deepEqual(moved.object['spec'], { static: { host: 'h', port: 19_000 }, other: 1 });
    assert.deepEqual(original.object['spec'], { static: { host: 'h', port: 18_000 }, other: 1 });
  });

  for (const [name, spec, from, to] of [
    ['the same port', '{static: {port: 18000}}', 18_000, 18_000],
    ['a port somebody changed', '{static: {port: 5}}', 18_000, 19_000],
    ['no static backend', '{}', 18_000, 19_000],
  ] as const) {
    it(`leaves ${name} alone`, () => {
      const manifest = manifestOf(spec);
      assert.equal(withBackendPort(manifest, from, to), manifest);
    });
  }
});
