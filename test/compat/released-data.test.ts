// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseLastGood } from '../../dataplane/state/last-good-format.js';
import { startTestControlPlane } from '../support/control-plane.js';

/** What `heartline up` of 0.1.0 left behind after the example Gateway and the guide's TCP policy. */
const RELEASED = fileURLToPath(new URL('./v0.1.0/data', import.meta.url));
const GATEWAY = 'httpbin/agentgateway-proxy';
const POLICY =
  '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies/httpbin-keepalive';
const RELEASE =
  '/apis/fleet.heartline.dev/v1alpha1/namespaces/httpbin/gatewayreleases/agentgateway-proxy';

describe('data of 0.1.0', () => {
  it('opens: the objects and the history are there', async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'heartline-compat-'));
    cpSync(RELEASED, dataDir, { recursive: true });
    const controlPlane = await startTestControlPlane({ dataDir, storeKind: 'lmdb' });
    t.after(() => controlPlane.remove());

    const policy = await controlPlane.get(POLICY);
    assert.equal(policy.status, 200);
    const { spec } = policy.body as { spec: { frontend: object } };
    assert.deepEqual(spec.frontend, {
      tcp: { keepalive: { retries: 3, time: '30s', interval: '5s' } },
    });
    const release = JSON.stringify((await controlPlane.get(RELEASE)).body);
    assert.match(release, /4-316073b7/);
    assert.match(release, /the guide's policy/);
  });

  it('starts a worker: its last-good file is read', () => {
    const text = readFileSync(join(RELEASED, 'worker/last-good.json'), 'utf8');
    const lastGood = parseLastGood(text, GATEWAY);
    assert.ok('label' in lastGood, JSON.stringify(lastGood));
    assert.equal(lastGood.label, '4-316073b7');
    assert.ok(lastGood.resources.some(({ name }) => name.includes(':frontend-tcp:')));
  });
});
