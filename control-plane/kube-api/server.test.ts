// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startTestApi, type TestApi } from '../../test/support/api-server.js';
import { MAX_BODY_BYTES } from './body.js';
import type { Status } from './status.js';

const POLICIES = '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies';
const EVERYWHERE = '/apis/agentgateway.dev/v1alpha1/agentgatewaypolicies';
const ITEM = `${POLICIES}/keepalive`;

function policy(time = '30s', more: object = {}) {
  return {
    apiVersion: 'agentgateway.dev/v1alpha1',
    kind: 'AgentgatewayPolicy',
    metadata: { name: 'keepalive', namespace: 'httpbin' },
    spec: {
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
      frontend: { tcp: { keepalive: { time, ...more } } },
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // The tests assert on whatever JSON came back.
  readonly json: ReturnType<typeof JSON.parse>;
}

/** Over node:http, which sends any Host and Origin, unlike fetch. */
async function send(
  api: TestApi,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const outgoing = request(`${api.url}${path}`, {
    method,
    agent: false,
    headers: {
      authorization: `Bearer ${api.token}`,
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...headers,
    },
  });
  outgoing.end(body === undefined ? undefined : text);
  const [incoming] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
  let received = '';
  for await (const chunk of incoming) received += String(chunk);
  const isJson = incoming.headers['content-type']?.startsWith('application/json');
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    json: isJson && received !== '' ? JSON.parse(received) : received,
  };
}

function assertStatus(answer: Answer, code: number, reason: string, message: RegExp): Status {
  assert.equal(answer.status, code, JSON.stringify(answer.json));
  const status = answer.json as Status;
  assert.equal(status.kind, 'Status');
  assert.equal(status.status, 'Failure');
  assert.equal(status.code, code);
  assert.equal(status.reason, reason);
  assert.match(status.message ?? '', message);
  return status;
}

describe('objects over HTTP', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi();
  });
  afterEach(() => api.close());

  it('creates, reads, lists, replaces and deletes', async () => {
    const created = await send(api, 'POST', POLICIES, policy());
    assert.equal(created.status, 201);
    assert.match(created.json.metadata.uid, /^[0-9a-f-]{36}$/);
    assert.deepEqual((await send(api, 'GET', ITEM)).json, created.json);

    const replaced = await send(api, 'PUT', ITEM, policy('60s'));
    assert.equal(replaced.status, 200);
    assert.equal(replaced.json.metadata.generation, 2);

    for (const path of [POLICIES, EVERYWHERE]) {
      const { json } = await send(api, 'GET', path);
      assert.equal(json.kind, 'AgentgatewayPolicyList');
      assert.deepEqual(json.items, [replaced.json]);
      assert.equal(json.metadata.resourceVersion, replaced.json.metadata.resourceVersion);
    }
    const elsewhere = await send(api, 'GET', POLICIES.replace('httpbin', 'other'));
    assert.deepEqual(elsewhere.json.items, []);

    const deleted = await send(api, 'DELETE', ITEM);
    assert.equal(deleted.json.status, 'Success');
    assert.equal(deleted.json.details.uid, created.json.metadata.uid);
    assertStatus(await send(api, 'GET', ITEM), 404, 'NotFound', /"keepalive" not found/);
  });

  it('serves a kind without namespaces at paths without them', async () => {
    const path = '/apis/gateway.networking.k8s.io/v1/gatewayclasses';
    const object = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'edge' },
      spec: { controllerName: 'agentgateway.dev/agentgateway' },
    };
    const created = await send(api, 'POST', path, object);
    assert.equal(created.status, 201);
    assert.equal(created.json.metadata.namespace, undefined);
    assert.deepEqual((await send(api, 'GET', path)).json.items, [created.json]);
    const changed = { ...object, spec: { ...object.spec, description: 'new' } };
    const replaced = await send(api, 'PUT', `${path}/edge`, changed);
    assert.equal(replaced.json.metadata.generation, 2);
    const inside = { ...object, metadata: { name: 'b', namespace: 'httpbin' } };
    assertStatus(await send(api, 'POST', path, inside), 422, 'Invalid', /has no namespace/);
    assert.equal((await send(api, 'DELETE', `${path}/edge`)).json.status, 'Success');
    const gone = await send(api, 'GET', `${path}/edge`);
    assertStatus(
      gone,
      404,
      'NotFound',
      /gatewayclasses.gateway.networking.k8s.io "edge" not found$/,
    );
  });

  it('an equal replace writes nothing', async () => {
    const { json } = await send(api, 'POST', POLICIES, policy());
    const again = await send(api, 'PUT', ITEM, policy());
    assert.deepEqual(again.json, json);
    assert.equal(api.store.lastSeq(), 1);
  });

  it('takes YAML', async () => {
    const yaml = `apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {name: keepalive}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: gw}]
  frontend: {tcp: {keepalive: {time: 30s}}}
`;
    const type = { 'content-type': 'application/yaml' };
    const created = await send(api, 'POST', POLICIES, yaml, type);
    assert.equal(created.status, 201);
    assert.equal(created.json.metadata.namespace, 'httpbin');
    const broken = await send(api, 'POST', POLICIES, `${yaml}   bad\n`, type);
    assertStatus(broken, 400, 'BadRequest', /not valid YAML at line 7, column \d+/);
  });

  it('a dry run validates and stores nothing', async () => {
    const path = `${POLICIES}?dryRun=All`;
    assert.equal((await send(api, 'POST', path, policy())).status, 201);
    assertStatus(await send(api, 'POST', path, policy('0s')), 422, 'Invalid', /time/);
    assert.equal(api.store.lastSeq(), 0);
    await send(api, 'POST', POLICIES, policy());
    await send(api, 'DELETE', `${ITEM}?dryRun=All`);
    await send(api, 'DELETE', ITEM, { dryRun: ['All'] });
    assert.equal(api.store.lastSeq(), 1);
  });

  it('names each invalid field in a cause', async () => {
    const answer = await send(api, 'POST', POLICIES, policy('30s', { retries: 65 }));
    const status = assertStatus(answer, 422, 'Invalid', /65/);
    const [cause] = status.details?.causes ?? [];
    assert.equal(cause?.field, 'spec.frontend.tcp.keepalive.retries');
    assert.match(cause?.message ?? '', /65.*64/);
    assert.equal(answer.headers['heartline-code'], 'INVALID_OBJECT');
  });

  it('unknown fields: refused, warned about, or dropped in silence', async () => {
    const odd = policy('30s', { tiem: '5s', interval: '5s' });
    await send(api, 'POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'httpbin' },
    });
    const strict = await send(api, 'POST', `${POLICIES}?fieldValidation=Strict`, odd);
    assertStatus(strict, 400, 'BadRequest', /unknown field.*tiem/);
    const ignored = await send(api, 'POST', `${POLICIES}?fieldValidation=Ignore&dryRun=All`, odd);
    assert.equal(ignored.headers['warning'], undefined);
    const warned = await send(api, 'POST', POLICIES, odd);
    assert.equal(warned.status, 201);
    assert.match(String(warned.headers['warning']), /^299 - ".*unknown field.*tiem/);
    assert.equal(warned.json.spec.frontend.tcp.keepalive.tiem, undefined);
  });

  it('refuses a stale resourceVersion', async () => {
    const { json } = await send(api, 'POST', POLICIES, policy());
    await send(api, 'PUT', ITEM, policy('60s'));
    const stale = { ...policy('90s'), metadata: json.metadata };
    assertStatus(await send(api, 'PUT', ITEM, stale), 409, 'Conflict', /./);
    const preconditions = { resourceVersion: json.metadata.resourceVersion };
    assertStatus(await send(api, 'DELETE', ITEM, { preconditions }), 409, 'Conflict', /./);
  });

  it('answers 409 to a second create and 404 to a replace of nothing', async () => {
    assertStatus(await send(api, 'PUT', ITEM, policy()), 404, 'NotFound', /keepalive/);
    await send(api, 'POST', POLICIES, policy());
    assertStatus(await send(api, 'POST', POLICIES, policy()), 409, 'AlreadyExists', /keepalive/);
  });

  it('writes actor and reason into the log', async () => {
    const written: [string, string][] = [];
    const stop = api.store.watch(0, ({ actor, reason }) => written.push([actor, reason]));
    await send(api, 'POST', `${POLICIES}?reason=ticket%20%C3%A9`, policy());
    await send(api, 'PUT', ITEM, policy('60s'), { 'heartline-reason': 'by header' });
    await send(api, 'DELETE', ITEM);
    stop();
    assert.deepEqual(written, [
      ['admin', 'ticket é'],
      ['admin', 'by header'],
      ['admin', 'applied with DELETE'],
    ]);
    const long = `${ITEM}?reason=${'x'.repeat(1025)}`;
    assertStatus(await send(api, 'DELETE', long), 400, 'BadRequest', /1025.*1024/);
  });

  it('a body up to the limit is read, one byte more is refused', async () => {
    const text = JSON.stringify(policy());
    const fill = (size: number) => text + ' '.repeat(size - text.length);
    const most = await send(api, 'POST', `${POLICIES}?dryRun=All`, fill(MAX_BODY_BYTES));
    assert.equal(most.status, 201);
    const answer = await send(api, 'POST', POLICIES, fill(MAX_BODY_BYTES + 1));
    assertStatus(answer, 413, 'RequestEntityTooLarge', /983040 bytes/);
    assert.equal(api.store.lastSeq(), 0);
  });
});

describe('what the API refuses', () => {
  let api: TestApi;
  before(async () => {
    api = await startTestApi();
  });
  after(() => api.close());

  const NO_TOKEN = { authorization: '' };
  for (const [name, method, path, body, headers, code, message] of [
    ['no token', 'GET', EVERYWHERE, undefined, NO_TOKEN, 401, /no bearer token/],
    ['a wrong token', 'GET', EVERYWHERE, undefined, { authorization: 'Bearer wrong' }, 401, /./],
    [
      'a worker token',
      'GET',
      EVERYWHERE,
      undefined,
      { authorization: 'Bearer test-token-of-a-worker' },
      401,
      /./,
    ],
    ['an unknown path without token', 'GET', '/x', undefined, NO_TOKEN, 401, /./],
    [
      'an unknown path',
      'GET',
      '/apis/nothing',
      undefined,
      {},
      404,
      /no such path: GET \/apis\/nothing/,
    ],
    [
      'an unknown kind',
      'GET',
      '/apis/agentgateway.dev/v1alpha1/foos',
      undefined,
      {},
      404,
      /no such path/,
    ],
    [
      'a foreign Host',
      'GET',
      '/version',
      undefined,
      { host: 'evil.example' },
      403,
      /Host "evil\.example"/,
    ],
    [
      'a foreign Origin',
      'GET',
      EVERYWHERE,
      undefined,
      { origin: 'http://evil.example' },
      403,
      /Origin/,
    ],
    ['another method', 'POST', ITEM, {}, {}, 405, /allows DELETE, GET, HEAD, PATCH, PUT/],
    ['a patch of no known type', 'PATCH', ITEM, {}, {}, 415, /application\/merge-patch\+json/],
    ['POST without namespace', 'POST', EVERYWHERE, policy(), {}, 405, /allows GET/],
    ['PUT of all', 'PUT', POLICIES, policy(), {}, 405, /allows DELETE, GET, HEAD, POST/],
    [
      'a write to the fleet',
      'POST',
      '/apis/fleet.heartline.dev/v1alpha1/workers',
      {},
      {},
      405,
      /GET/,
    ],
    ['HTML only', 'GET', EVERYWHERE, undefined, { accept: 'text/html' }, 406, /application\/json/],
    [
      'a form',
      'POST',
      POLICIES,
      'a=b',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      /x-www-form-urlencoded.*accepted media types include: application\/json/,
    ],
    [
      'text, as a page could send it',
      'POST',
      POLICIES,
      policy(),
      { 'content-type': 'text/plain' },
      415,
      /text\/plain/,
    ],
    ['a list as body', 'POST', POLICIES, [], {}, 400, /\[\] is no object/],
    [
      'another kind',
      'POST',
      POLICIES,
      { ...policy(), kind: 'Gateway' },
      {},
      422,
      /kind: Invalid value: "Gateway": must be AgentgatewayPolicy/,
    ],
    [
      'another apiVersion',
      'POST',
      POLICIES,
      { ...policy(), apiVersion: 'v1' },
      {},
      400,
      /the API version in the data \(v1\) does not match the expected API version \(agentgateway.dev/,
    ],
    [
      'no metadata',
      'POST',
      POLICIES,
      { ...policy(), metadata: undefined },
      {},
      422,
      /metadata\.name: Required value: name or generateName is required/,
    ],
    [
      'another name',
      'PUT',
      `${POLICIES}/other`,
      policy(),
      {},
      400,
      /the name of the object \(keepalive\) does not match the name on the URL \(other\)/,
    ],
    [
      'another namespace',
      'POST',
      POLICIES.replace('httpbin', 'x'),
      policy(),
      {},
      400,
      /the namespace of the provided object does not match the namespace sent on the request/,
    ],
    ['broken JSON', 'POST', POLICIES, '{"a":\n1,,}', {}, 400, /line 2, column 3/],
    [
      'two documents',
      'POST',
      POLICIES,
      'a: 1\n---\nb: 2\n',
      { 'content-type': 'application/yaml' },
      400,
      /2 YAML documents/,
    ],
    [
      'deep nesting',
      'POST',
      POLICIES,
      '['.repeat(400_000),
      { 'content-type': 'application/yaml' },
      400,
      /deep/,
    ],
    [
      'a field that cannot be selected by',
      'GET',
      `${EVERYWHERE}?fieldSelector=spec.a%3Db`,
      undefined,
      {},
      400,
      /field label not supported: spec\.a/,
    ],
    [
      'a revision that is none',
      'GET',
      `${EVERYWHERE}?resourceVersion=abc`,
      undefined,
      {},
      400,
      /invalid resource version/,
    ],
    [
      'an odd dryRun',
      'POST',
      `${POLICIES}?dryRun=Some`,
      policy(),
      {},
      422,
      /CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: \[\]string\{"Some"\}: supported values: "All"/,
    ],
    [
      'an odd fieldValidation',
      'POST',
      `${POLICIES}?fieldValidation=x`,
      policy(),
      {},
      422,
      /fieldValidation: Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn"/,
    ],
    [
      'a repeated option',
      'POST',
      `${POLICIES}?dryRun=All&dryRun=All`,
      policy(),
      {},
      400,
      /2 times/,
    ],
    ['a path that is no URL', 'GET', '/%ff%fe', undefined, {}, 400, /./],
  ] as const) {
    it(`${name}: ${code}`, async () => {
      const answer = await send(api, method, path, body, headers);
      assert.equal(answer.status, code, JSON.stringify(answer.json));
      assert.equal(answer.json.kind, 'Status');
      assert.equal(answer.json.code, code);
      assert.match(answer.json.message, message);
      assert.equal(api.store.lastSeq(), 0);
    });
  }

  for (const [name, bytes, expected] of [
    ['binary', '\x00\x01\x02\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a TLS hello that is none', '\x16\x03\x01\x00\x05hello', /^(?!HTTP)/],
    ['no Host', 'GET /version HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'endless headers',
      `GET / HTTP/1.1\r\nHost: localhost\r\nA: ${'x'.repeat(40_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
  ] as const) {
    it(`${name} on the bare socket`, async () => {
      const socket = connect(api.address.port, api.address.host);
      socket.on('error', () => undefined);
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk.toString();
      });
      socket.write(Buffer.from(bytes, 'latin1'));
      await new Promise((resolve) => socket.once('close', resolve));
      assert.match(received, expected);
      assert.equal((await send(api, 'GET', '/healthz')).status, 200);
    });
  }

  it('answers 500 without details when something unexpected fails, and logs it', async () => {
    const failing = await startTestApi(() => {
      throw new Error('secret detail');
    });
    try {
      const path = '/apis/fleet.heartline.dev/v1alpha1/namespaces/n/gatewayreleases/g';
      const answer = await send(failing, 'GET', path);
      const status = assertStatus(answer, 500, 'InternalError', /log/);
      assert.doesNotMatch(JSON.stringify(status), /secret/);
      assert.match(failing.logged.join(''), /secret detail/);
    } finally {
      await failing.close();
    }
  });
});

describe('what the API tells', () => {
  let api: TestApi;
  before(async () => {
    api = await startTestApi();
  });
  after(() => api.close());

  for (const path of ['/healthz', '/readyz', '/version']) {
    it(`${path} needs no token`, async () => {
      assert.equal((await send(api, 'GET', path, undefined, { authorization: '' })).status, 200);
    });
  }

  it('objects that are computed, and nobody may write', async () => {
    const fleet = '/apis/fleet.heartline.dev/v1alpha1';
    const metadata = { namespace: 'n', name: 'g' };
    const kind = 'GatewayRelease';
    const release = { apiVersion: 'fleet.heartline.dev/v1alpha1', kind, metadata };
    api.virtual.gatewayreleases.put(release);
    const path = `${fleet}/namespaces/n/gatewayreleases`;
    const { json } = await send(api, 'GET', `${path}/g`);
    assert.deepEqual([json.kind, json.metadata.name], [kind, 'g']);
    assertStatus(await send(api, 'GET', `${path}/other`), 404, 'NotFound', /"other" not found/);
    assert.equal((await send(api, 'GET', `${fleet}/workers`)).json.kind, 'WorkerList');
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      assertStatus(await send(api, method, `${path}/g`, release), 405, 'MethodNotAllowed', /GET/);
    }
  });
});
