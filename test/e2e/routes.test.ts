// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { eventually } from '../support/eventually.js';
import { type Stack, startStack } from '../support/stack.js';

const BACKEND = '{ group: agentgateway.dev, kind: AgentgatewayBackend, name: httpbin }';
const GONE = '{ group: agentgateway.dev, kind: AgentgatewayBackend, name: gone }';

/** Beside the sample's own route, which takes every path. */
const ROUTE = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: everything, namespace: httpbin }
spec:
  parentRefs: [ { name: agentgateway-proxy, sectionName: http } ]
  rules:
    - matches: [ { path: { value: /shop } } ]
      filters:
        - { type: RequestHeaderModifier, requestHeaderModifier: { set: [ { name: x-team, value: blue } ], remove: [ x-secret ] } }
        - { type: ResponseHeaderModifier, responseHeaderModifier: { add: [ { name: x-served-by, value: heartline } ] } }
        - type: URLRewrite
          urlRewrite: { hostname: inside.test, path: { type: ReplacePrefixMatch, replacePrefixMatch: /get } }
      backendRefs: [ ${BACKEND} ]
    - matches: [ { path: { value: /shop }, method: DELETE } ]
      filters: [ { type: RequestRedirect, requestRedirect: { scheme: https, statusCode: 301 } } ]
    - matches: [ { path: { type: RegularExpression, value: "/status/(418|419)" }, headers: [ { name: x-tea, value: "yes" } ] } ]
      filters: [ { type: RequestRedirect, requestRedirect: { hostname: tea.test, port: 81 } } ]
    - matches: [ { path: { value: /delay } } ]
      timeouts: { request: 100ms }
      backendRefs: [ ${BACKEND} ]
    - matches: [ { path: { value: /gone } } ]
      backendRefs: [ ${GONE} ]
    - matches: [ { path: { value: /nothing } } ]
    - matches: [ { path: { value: /mirrored } } ]
      filters: [ { type: RequestMirror, requestMirror: { backendRef: { name: shadow, port: 80 } } } ]
      backendRefs: [ ${BACKEND} ]
`;

let stack: Stack;

before(async () => {
  stack = await startStack();
  const path = join(stack.dataDir, 'route.yaml');
  writeFileSync(path, ROUTE);
  const applied = await stack.heartline('apply', '-f', path);
  assert.equal(applied.code, 0, applied.stderr);
  await eventually(async () => assert.equal((await ask('/nothing')).status, 500));
});

after(() => stack.stop());

async function ask(path: string, init: RequestInit = {}) {
  const url = `http://127.0.0.1:${stack.port(8080)}${path}`;
  const response = await fetch(url, { redirect: 'manual', ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test('headers, host and path are changed on the way there, headers on the way back', async () => {
  const reply = await ask('/shop?a=b', { headers: { 'x-secret': 'drop', 'x-kept': '1' } });
  const seen = JSON.parse(reply.text);
  assert.equal(seen.url, '/get?a=b');
  assert.equal(seen.headers.host, 'inside.test');
  assert.equal(seen.headers['x-team'], 'blue');
  assert.equal(seen.headers['x-secret'], undefined);
  assert.equal(seen.headers['x-kept'], '1');
  assert.equal(reply.headers.get('x-served-by'), 'heartline');
});

test('a method comes before a path alone, a longer pattern before the sample route', async () => {
  const secure = await ask('/shop/1', { method: 'DELETE' });
  assert.equal(secure.status, 301);
  assert.equal(secure.headers.get('location'), 'https://127.0.0.1/shop/1');
  const tea = await ask('/status/418', { headers: { 'x-tea': 'yes' } });
  assert.equal(tea.status, 302);
  assert.equal(tea.headers.get('location'), 'http://tea.test:81/status/418');
  assert.equal((await ask('/status/418')).status, 418);
});

test('what cannot be answered is answered as Gateway API says', async () => {
  assert.equal((await ask('/delay/5000')).status, 504);
  assert.equal((await ask('/gone')).status, 500);
  assert.equal((await ask('/nothing')).status, 500);
  assert.equal((await ask('/mirrored')).status, 500);
});

test('the status says what is not served', async () => {
  const shown = await stack.heartline(
    'get',
    'httproute',
    'everything',
    '-n',
    'httpbin',
    '-o',
    'yaml',
  );
  assert.equal(shown.code, 0, shown.stderr);
  const conditions = parse(shown.stdout).status.parents[0].conditions as {
    type: string;
    status: string;
    reason: string;
    message: string;
  }[];
  assert.deepEqual(
    conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    [
      'Accepted True Accepted',
      'PartiallyInvalid True UnsupportedValue',
      'ResolvedRefs False BackendNotFound',
    ],
  );
  const partly = conditions.find(({ type }) => type === 'PartiallyInvalid');
  assert.equal(
    partly?.message,
    'spec.rules[6].filters[0]: filters of type RequestMirror are not supported here, so the rule answers 500',
  );
});
