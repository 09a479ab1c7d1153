// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleService, sampleSlice } from '../../test/support/live-objects.js';
import { kindOf, sampleGateway, sampleRoute } from '../../test/support/sample-objects.js';
import type { KubeObject } from '../policy/kube-object.js';
import { createTargetIndex } from './target-index.js';

type Sample = { kind: string; metadata: { name: string; namespace: string } };

function newIndex(...objects: readonly Sample[]) {
  const index = createTargetIndex();
  const update = (object: Sample, gone = false): string[] => {
    const ref = { kind: kindOf(object.kind), ...object.metadata };
    const found = index.update(ref, gone ? undefined : (object as unknown as KubeObject));
    return [...found].sort();
  };
  for (const object of objects) update(object);
  return { index, update };
}

/** A route of namespace httpbin on Gateway `gateway` to Service `namespace/name`. */
function serviceRoute(name: string, gateway: string, namespace: string, service = 'app') {
  const route = sampleRoute(name, gateway);
  const backendRefs = [
    { group: '', kind: 'Service', name: service, namespace, port: 80, weight: 1 },
  ];
  const parentRefs = [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: gateway }];
  return { ...route, spec: { parentRefs, rules: [{ backendRefs }] } };
}

function grant(namespace: string, from = 'httpbin', kind = 'HTTPRoute', to = 'Service') {
  return {
    kind: 'ReferenceGrant',
    metadata: { name: 'grant', namespace },
    spec: {
      from: [{ group: 'gateway.networking.k8s.io', kind, namespace: from }],
      to: [{ group: '', kind: to }],
    },
  };
}

describe('what reaches gateways through references', () => {
  const world = [
    serviceRoute('r-own', 'a', 'httpbin'),
    serviceRoute('r-apps', 'b', 'apps'),
    serviceRoute('r-more', 'c', 'more'),
  ];

  it('a Service concerns the gateways of the routes that lead to it', () => {
    const { update } = newIndex(...world);
    assert.deepEqual(update(sampleService('app')), ['httpbin/a']);
    assert.deepEqual(update(sampleService('app', 80, 'apps')), ['httpbin/b']);
    assert.deepEqual(update(sampleService('app', 80, 'apps'), true), ['httpbin/b']);
    assert.deepEqual(update(sampleService('other')), []);
  });

  it('an EndpointSlice concerns none: no gateway is compiled for endpoints', () => {
    const { update, index } = newIndex(...world, sampleService('app'));
    assert.deepEqual(update(sampleSlice('app', 'one', ['10.0.0.1'])), []);
    assert.deepEqual(index.gatewayIds().toSorted(), ['httpbin/a', 'httpbin/b', 'httpbin/c']);
  });

  it('a grant that comes, changes or goes concerns those that it is about, and no others', () => {
    const { update } = newIndex(...world);
    assert.deepEqual(update(grant('apps')), ['httpbin/b']);
    assert.deepEqual(update(grant('apps', 'somebody')), ['httpbin/b'], 'it was about b before');
    assert.deepEqual(update(grant('apps', 'somebody'), true), []);
    assert.deepEqual(update(grant('apps', 'httpbin', 'TCPRoute')), []);
    assert.deepEqual(update(grant('more', 'httpbin', 'HTTPRoute', 'Secret')), []);
    assert.deepEqual(update(grant('httpbin')), [], 'inside a namespace nothing has to be granted');
  });

  it('a Secret concerns the Gateways whose listeners name it', () => {
    const listener = { name: 's', port: 443, protocol: 'HTTPS' };
    const ref = { group: '', kind: 'Secret', name: 'cert' };
    const gateway = sampleGateway('tls');
    const tls = { mode: 'Terminate', certificateRefs: [ref] };
    const spec = { ...gateway.spec, listeners: [{ ...listener, tls }] };
    const { index, update } = newIndex(...world, { ...gateway, spec } as Sample);
    const secret = { kind: 'Secret', metadata: { name: 'cert', namespace: 'httpbin' } };
    assert.deepEqual(update(secret), ['httpbin/tls']);
    const { secrets = [] } = index.inputOf({ namespace: 'httpbin', name: 'tls' });
    assert.deepEqual(
      secrets.map(({ metadata }) => metadata.name),
      ['cert'],
    );
  });

  it('a gateway is compiled with what its routes refer to and the grants there, and nothing else', () => {
    const { index } = newIndex(
      ...world,
      sampleService('app'),
      sampleService('app', 80, 'apps'),
      sampleService('other', 80, 'apps'),
      grant('apps'),
      grant('more'),
    );
    const { services = [], grants = [] } = index.inputOf({ namespace: 'httpbin', name: 'b' });
    assert.deepEqual(
      services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
      ['apps/app'],
    );
    assert.deepEqual(
      grants.map(({ metadata }) => metadata.namespace),
      ['apps'],
    );
  });
});
