// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crdAdmission } from '../../../test/support/crd-admission.js';
import { kindOf, samplePolicy } from '../../../test/support/sample-objects.js';
import type { Entry, JsonValue } from '../../log/transaction.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { ClusterObject } from './cluster-object.js';
import { type MirrorWish, planMirror } from './plan-mirror.js';
import { refusedStatus } from './refused-status.js';

const admission = crdAdmission();
const admit = (kind: MirrorWish['kind'], object: unknown): KubeObject =>
  admission.admit(kind, object, { fieldValidation: 'Ignore' }).object;
const kind = kindOf('AgentgatewayPolicy');
const KEY = 'objects/agentgateway.dev/agentgatewaypolicies/httpbin/p';
const STATUS_KEY = 'status/agentgateway.dev/agentgatewaypolicies/httpbin/p';

const IDENTITY = {
  uid: 'u1',
  creationTimestamp: '2026-11-01T00:00:00Z',
  generation: 3,
  labels: { team: 'a' },
};

/** The policy as a cluster shows it. */
function inCluster(metadata: object = {}, rest: object = {}): ClusterObject {
  const { metadata: own, spec } = samplePolicy('p', { time: '30s', retries: 3 });
  const more = { resourceVersion: '100', managedFields: [{ manager: 'kubectl' }], ...IDENTITY };
  return { metadata: { ...own, ...more, ...metadata }, spec, ...rest };
}

function wish(object: ClusterObject | undefined): MirrorWish {
  return { kind, namespace: 'httpbin', name: 'p', object };
}

/** The policy as it lies in the log. */
const copy = {
  ...samplePolicy('p', { time: '30s', retries: 3 }),
  metadata: { name: 'p', namespace: 'httpbin', ...IDENTITY },
};
const stored: Entry = { key: KEY, value: copy as unknown as JsonValue, revision: 8 };

describe('an object of the cluster', () => {
  it('is written with the identity it has there, without the bookkeeping of others', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'x' };
    const finalizers = ['example.com/f'];
    const { ops } = planMirror(wish(inCluster({ annotations, finalizers })), undefined, admit);
    const value = { ...copy, metadata: { ...copy.metadata, annotations: { mine: 'x' } } };
    assert.deepEqual(ops, [
      { op: 'put', key: KEY, value, expectedRevision: 0 },
      { op: 'delete', key: STATUS_KEY },
    ]);
  });

  const silent: readonly [string, ClusterObject][] = [
    ['as it is', inCluster()],
    ['with a new status', inCluster({ resourceVersion: '101' }, { status: { ancestors: [] } })],
    ['with other managed fields', inCluster({ resourceVersion: '102', managedFields: [] })],
    ['with a field our schema does not know', inCluster({}, { extra: 1 })],
  ];
  for (const [name, object] of silent) {
    it(`${name} writes nothing`, () => {
      assert.deepEqual(planMirror(wish(object), stored, admit), { ops: [], refusal: undefined });
    });
  }

  it('that changed is written over what was read; its status stays', () => {
    const { ops } = planMirror(wish(inCluster({ generation: 4 })), stored, admit);
    const value = { ...copy, metadata: { ...copy.metadata, generation: 4 } };
    assert.deepEqual(ops, [{ op: 'put', key: KEY, value, expectedRevision: 8 }]);
  });

  it('that was deleted and created anew begins without a status', () => {
    const { ops } = planMirror(wish(inCluster({ uid: 'u2' })), stored, admit);
    assert.deepEqual(ops[1], { op: 'delete', key: STATUS_KEY });
  });

  it('that is gone is removed with its status; one that never was, not', () => {
    assert.deepEqual(planMirror(wish(undefined), stored, admit).ops, [
      { op: 'delete', key: KEY, expectedRevision: 8 },
      { op: 'delete', key: STATUS_KEY },
    ]);
    assert.deepEqual(planMirror(wish(undefined), undefined, admit).ops, []);
  });
});

describe('an object that our rules refuse', () => {
  const { spec } = samplePolicy('p', { retries: 0 });
  const bad = inCluster({ generation: 9 }, { spec });
  const { ops, refusal } = planMirror(wish(bad), stored, admit);

  it('leaves its last good copy, and says what is wrong', () => {
    assert.deepEqual(ops, []);
    assert.match(refusal?.message ?? '', /spec\.frontend\.tcp\.keepalive\.retries/);
  });

  it('too large to be kept is refused by its size', () => {
    const annotations = Object.fromEntries(
      Array.from({ length: 25 }, (_, i) => [`a${i}`, 'x'.repeat(10_000)]),
    );
    const targets = Array.from({ length: 16 }, (_, i) => ({ name: `g${i}` }));
    assert.equal(
      planMirror(wish(inCluster({ annotations }, { targets })), undefined, admit).refusal,
      undefined,
    );
    const huge = (): KubeObject => ({ ...copy, spec: 'x'.repeat(1_100_000) }) as KubeObject;
    assert.match(
      planMirror(wish(inCluster()), undefined, huge).refusal?.message ?? '',
      /has 1100\d+ bytes/,
    );
  });

  const accepted = {
    type: 'Accepted',
    status: 'False',
    observedGeneration: 9,
    lastTransitionTime: '1970-01-01T00:00:00Z',
    reason: 'Invalid',
    message: refusal?.message ?? '',
  };
  const inForce = { type: 'InForce', status: 'True' };
  const ours = { ancestorRef: { name: 'g' }, controllerName: 'agentgateway.dev/agentgateway' };

  it('says so over what is known of the last good copy', () => {
    assert.ok(refusal);
    const before = {
      ancestors: [{ ...ours, conditions: [{ type: 'Accepted', status: 'True' }, inForce] }],
      conditions: [inForce],
    };
    assert.deepEqual(refusedStatus(refusal, before, 0), {
      ancestors: [{ ...ours, conditions: [accepted, inForce] }],
      conditions: [accepted, inForce],
    });
  });

  it('says so without one where the kind is ours alone', () => {
    assert.ok(refusal);
    const status = refusedStatus(refusal, undefined, 0) as { readonly conditions: unknown };
    assert.deepEqual(status.conditions, [accepted]);
    assert.equal(refusedStatus({ ...refusal, kind: kindOf('Gateway') }, undefined, 0), undefined);
  });
});
