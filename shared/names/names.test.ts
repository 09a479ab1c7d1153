// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatNamespacedName,
  formatRole,
  parseNamespacedName,
  parseRole,
} from './gateway-name.js';
import {
  backendTcpPolicyKey,
  bindKey,
  frontendPolicyKey,
  listenerKey,
  routeKey,
  tcpRouteKey,
} from './resource-keys.js';

const gateway = { namespace: 'default', name: 'test' };

test('keys are those of the wire contract', () => {
  assert.equal(bindKey(gateway, 8080), '8080/default/test');
  assert.equal(listenerKey(gateway, 'http'), 'default/test.http');
  const policy = { namespace: 'default', name: 'p' };
  const route = { namespace: 'default', name: 'test-route' };
  assert.equal(routeKey(route, 0, 'http'), 'default/test-route.00.http');
  assert.equal(tcpRouteKey(route, 1, 'tcp', 1700000000), '1700000000/default/test-route.01.tcp');
  assert.equal(tcpRouteKey(route, 1, 'tcp', undefined), 'default/test-route.01.tcp');
  assert.equal(
    frontendPolicyKey({ namespace: 'httpbin', name: 'httpbin-keepalive' }, 'tcp', {
      ...{ namespace: 'httpbin', name: 'agentgateway-proxy' },
    }),
    'frontend/httpbin/httpbin-keepalive:frontend-tcp:httpbin/agentgateway-proxy',
  );
  assert.equal(
    frontendPolicyKey(policy, 'connect', { ...gateway, port: 8080 }),
    'frontend/default/p:frontend-connect:default/test/port=8080',
  );
  assert.equal(
    frontendPolicyKey(policy, 'accessLog', { ...gateway, section: 'http' }),
    'frontend/default/p:frontend-logging:default/test/http',
  );
  assert.equal(
    backendTcpPolicyKey(policy, { namespace: 'default', name: 'r', section: 'rule' }),
    'backend/default/p:backend-tcp:default/r/rule',
  );
});

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);

test('names and roles survive the round trip', () => {
  fc.assert(
    fc.property(label, label, (namespace, name) => {
      assert.deepEqual(parseNamespacedName(formatNamespacedName({ namespace, name })), {
        namespace,
        name,
      });
      assert.deepEqual(parseRole(formatRole({ namespace, name })), { namespace, name });
    }),
  );
});

test('half a name is no name', () => {
  for (const text of ['', 'a', 'a/', '/b', 'a/b/c']) {
    assert.equal(parseNamespacedName(text), undefined, text);
  }
  for (const text of ['', 'a', '~b', 'a~']) assert.equal(parseRole(text), undefined, text);
});

test('a role splits at its first tilde', () => {
  assert.deepEqual(parseRole('ns~gw~x'), { namespace: 'ns', name: 'gw~x' });
});
