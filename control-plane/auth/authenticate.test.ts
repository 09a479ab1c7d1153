// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAuthenticator } from './authenticate.js';
import type { Audience, Identity } from './identity.js';
import { bindWorker } from './worker-binding.js';

const worker: Identity = { name: 'w', audience: 'worker', cluster: 'local', gateways: 'all' };
const roaming: Identity = { name: 'r', audience: 'worker', gateways: 'all' };
const nothing: Identity = { name: 'n', audience: 'worker', cluster: 'local', gateways: [] };
const admin: Identity = { name: 'a', audience: 'api', gateways: 'all' };
const gateway = { namespace: 'httpbin', name: 'gw' };

describe('authenticate', () => {
  const authenticate = createAuthenticator([
    { identity: worker, token: 'worker-token' },
    { identity: admin, token: 'admin-token' },
  ]);
  const known: readonly [header: string, audience: Audience, name: string][] = [
    ['Bearer worker-token', 'worker', 'w'],
    ['bearer worker-token', 'worker', 'w'],
    ['Bearer admin-token', 'api', 'a'],
  ];
  for (const [header, audience, name] of known) {
    test(`${header} opens what is for ${audience}`, () => {
      assert.equal(authenticate(header, audience).name, name);
    });
  }
  const unknown: readonly [header: string | undefined, audience: Audience][] = [
    [undefined, 'api'],
    ['', 'api'],
    ['Bearer', 'api'],
    ['Bearer ', 'api'],
    ['Basic admin-token', 'api'],
    ['Bearer admin-token x', 'api'],
    ['Bearer admin-toke', 'api'],
    ['Bearer admin-token', 'worker'],
    ['Bearer worker-token', 'api'],
  ];
  for (const [header, audience] of unknown) {
    test(`${JSON.stringify(header)} does not open what is for ${audience}`, () => {
      assert.throws(() => authenticate(header, audience), { code: 'UNAUTHENTICATED' });
    });
  }
});

describe('bindWorker', () => {
  const bound: readonly [Identity, claimed: string | undefined, cluster: string][] = [
    [worker, undefined, 'local'],
    [worker, '', 'local'],
    [worker, 'local', 'local'],
    [worker, 'Kubernetes', 'local'],
    [roaming, 'east', 'east'],
    [roaming, 'Kubernetes', 'Kubernetes'],
  ];
  for (const [identity, claimed, cluster] of bound) {
    test(`${identity.name} that claims ${claimed} is in ${cluster}`, () => {
      assert.deepEqual(bindWorker(identity, claimed, gateway), { cluster, ...gateway });
    });
  }
  const refused: readonly [Identity, claimed: string | undefined, message: RegExp][] = [
    [worker, 'east', /says it is in cluster "east".*bound to cluster "local"/],
    [roaming, undefined, /bound to no cluster/],
    [nothing, 'local', /may not read gateway httpbin\/gw; it is bound to: none/],
  ];
  for (const [identity, claimed, message] of refused) {
    test(`${identity.name} that claims ${claimed} is refused`, () => {
      assert.throws(() => bindWorker(identity, claimed, gateway), {
        code: 'PERMISSION_DENIED',
        message,
      });
    });
  }
});
