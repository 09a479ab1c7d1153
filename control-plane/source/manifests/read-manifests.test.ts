// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readManifests } from './read-manifests.js';

const ANY = { namespace: 'default', enforced: false };
const HEAD = 'apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayPolicy\n';

function read(text: string, rule = ANY) {
  return readManifests([{ source: 'f.yaml', text }], rule);
}

describe('readManifests', () => {
  for (const [name, text, problem] of [
    ['broken YAML', 'a: 1\nb: [', /^f\.yaml:2:5: .*flow/i],
    ['a text', 'hello', /^f\.yaml:1:1: not an object/],
    [
      'an unknown kind',
      'apiVersion: v1\nkind: Pod\n',
      /^f\.yaml:2:7: kind "Pod" is not served; use one of .*Gateway/,
    ],
    [
      'another version of a kind',
      'apiVersion: a/v2\nkind: Gateway\n',
      /^f\.yaml:2:7: Gateway is served as gateway\.networking\.k8s\.io\/v1, not as a\/v2/,
    ],
    ['no kind', 'apiVersion: v1\n', /apiVersion and kind are both needed/],
    ['no metadata', HEAD, /metadata is missing/],
    ['no name', `${HEAD}metadata:\n  namespace: a\n`, /^f\.yaml:4:3: metadata\.name is missing/],
    ['a number as name', `${HEAD}metadata:\n  name: 3\n`, /^f\.yaml:4:9: metadata\.name/],
  ] as const) {
    it(`says where the fault is: ${name}`, () => {
      const { manifests, problems } = read(text);
      assert.equal(manifests.length, 0);
      assert.match(problems[0] ?? '', problem);
    });
  }

  it('skips objects of others when told to, and still sees a misspelt one of ours', () => {
    const text = [
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n',
      'apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\n',
      'apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayPolice\nmetadata: {name: p}\n',
      'apiVersion: gateway.networking.k8s.io/v1beta1\nkind: Gateway\nmetadata: {name: g}\n',
      `${HEAD}metadata: {name: a}\n`,
    ].join('---\n');
    const { manifests, problems, skipped } = readManifests([{ source: 'f', text }], ANY, 'skip');
    assert.equal(skipped, 2);
    assert.deepEqual(
      manifests.map(({ name }) => name),
      ['a'],
    );
    assert.equal(problems.length, 2);
    assert.match(problems[0] ?? '', /"AgentgatewayPolice" is not served/);
    assert.match(problems[1] ?? '', /Gateway is served as/);
  });

  it('finds every fault of every document', () => {
    const { problems } = read('kind: X\n---\nkind: Y\n');
    assert.equal(problems.length, 2);
  });

  it('fills in the namespace, and keeps the one that is there', () => {
    const text = `${HEAD}metadata: {name: a}\n---\n${HEAD}metadata: {name: b, namespace: other}\n`;
    assert.deepEqual(
      read(text).manifests.map(({ namespace, object }) => [
        namespace,
        object.metadata['namespace'],
      ]),
      [
        ['default', 'default'],
        ['other', 'other'],
      ],
    );
  });

  it('gives no namespace to a kind that has none, whatever -n says', () => {
    const text =
      'apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: edge}\n';
    const [manifest] = read(text, { namespace: 'mine', enforced: true }).manifests;
    assert.equal(manifest?.namespace, '');
    assert.deepEqual(manifest?.object.metadata, { name: 'edge' });
  });

  it('refuses another namespace than the one of -n', () => {
    const rule = { namespace: 'mine', enforced: true };
    const { problems } = read(`${HEAD}metadata: {name: b, namespace: other}\n`, rule);
    assert.match(
      problems[0] ?? '',
      /^f\.yaml:3:32: namespace "other" is not the one of -n, "mine"/,
    );
  });

  it('takes a List as its items and locates fields in them', () => {
    const text = `kind: List\nitems:\n- apiVersion: agentgateway.dev/v1alpha1\n  kind: AgentgatewayPolicy\n  metadata:\n    name: a\n`;
    const [manifest] = read(text).manifests;
    assert.equal(manifest?.name, 'a');
    assert.equal(manifest?.locate('metadata.name'), 'f.yaml:6:11');
  });
});
