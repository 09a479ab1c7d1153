// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerObject } from '../../fleet-objects/worker-object.js';
import { renderFleet } from './run-fleet.js';

const NOW_MS = Date.parse('2026-01-01T00:10:00.000Z');

const WORKER: WorkerObject = {
  apiVersion: 'fleet.heartline.dev/v1alpha1',
  kind: 'Worker',
  metadata: {
    name: 'worker-0-abcdef01',
    uid: 'u',
    creationTimestamp: '2026-11-22T10:00:00Z',
    labels: {},
  },
  spec: {
    key: 'worker/local/node-1',
    ...{ nodeId: 'node-1', cluster: 'local', address: '10.0.0.7:4000', build: 'heartline/0.2.0' },
    gateway: { namespace: 'shop', name: 'gw' },
    pod: { namespace: 'pods', name: 'w0' },
  },
  status: {
    restarts: 0,
    ...{ state: 'Rejected', desired: '3-cc', sent: '3-cc', accepted: '2-bb', inForce: '2-bb' },
    inForceSince: '2026-01-01T00:00:00.000Z',
    connectedAt: '2026-01-01T00:00:00.000Z',
    lastSeen: '2026-01-01T00:09:59.000Z',
    problems: [{ resource: 'policy/p', message: 'time is 0s' }],
    rejected: [
      {
        ...{ typeUrl: 't', resource: 'policy/p', hash: 'h', class: 'invalid' },
        ...{ reason: 'time is 0s', since: '2026-01-01T00:05:00.000Z' },
      },
      {
        ...{ typeUrl: 't', resource: 'bind/80/shop/gw', hash: 'i', class: 'environment' },
        ...{ reason: 'port 80 is in use', since: '2026-01-01T00:09:00.000Z' },
      },
    ],
  },
};

test('the plain table tells complaints in a line each', () => {
  const text = renderFleet([WORKER], NOW_MS, 'table');
  assert.match(text, /pods\/w0: policy\/p: time is 0s$/);
  assert.doesNotMatch(text, /BUILD/);
});

test('the wide table tells what settles and what another process had changed', () => {
  const connections = {
    ...{ open: 9, inForce: 6, settling: 3, deferred: 0, settingsPending: 0 },
    ...{ failed: 0, unverified: 0, newOnly: 0, drifted: 2 },
  };
  const worker = { ...WORKER, status: { ...WORKER.status, connections } };
  const [head = '', row = ''] = renderFleet([worker], NOW_MS, 'wide').split('\n');
  const at = head.indexOf('SETTLING');
  assert.match(head.slice(at), /^SETTLING +DRIFTED /);
  assert.match(row.slice(at), /^3 +2 /);
});

test('the wide table tells build, address and every rejected resource with class, age and reason', () => {
  const lines = renderFleet([WORKER], NOW_MS, 'wide').split('\n');
  assert.match(lines[0] ?? '', /LAST SEEN +DESIRED +SETTLING +DRIFTED +REJECTED +BUILD +ADDRESS/);
  assert.match(lines[1] ?? '', /3-cc +- +- +2 +heartline\/0\.2\.0 +10\.0\.0\.7:4000/);
  const rejected = lines.slice(lines.indexOf('') + 1).map((line) => line.trim().split(/ {2,}/));
  assert.deepEqual(rejected, [
    ['WORKER', 'REJECTED RESOURCE', 'CLASS', 'SINCE', 'REASON'],
    ['pods/w0', 'policy/p', 'invalid', '5m', 'time is 0s'],
    ['pods/w0', 'bind/80/shop/gw', 'environment', '1m', 'port 80 is in use'],
  ]);
});

test('the wide table without rejections has no second part', () => {
  const calm = { ...WORKER, status: { ...WORKER.status, problems: [], rejected: [] } };
  assert.equal(renderFleet([calm], NOW_MS, 'wide').split('\n').length, 2);
});

test('a worker without a pod is known by its node', () => {
  const bare = { ...WORKER, spec: { ...WORKER.spec, pod: { namespace: '', name: '' } } };
  assert.match(renderFleet([bare], NOW_MS, 'table'), /^node-1: policy\/p/m);
});
