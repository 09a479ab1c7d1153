// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { coreMessages } from '../../control-plane/kube-api/writing/core-messages.js';
import type { KubeObject } from '../../control-plane/policy/kube-object.js';
import { startTestApi, type TestApi } from '../support/api-server.js';
import { samplePolicy } from '../support/sample-objects.js';

const POLICIES = '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaypolicies';

interface Answer {
  readonly status: number;
  readonly warnings: string;
  readonly json: KubeObject & {
    readonly message?: string;
    readonly reason?: string;
    readonly details?: { readonly causes?: readonly { readonly field?: string }[] };
    readonly items?: readonly KubeObject[];
  };
}

const TYPES = {
  json: 'application/json',
  'merge-patch': 'application/merge-patch+json',
  'json-patch': 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
  strategic: 'application/strategic-merge-patch+json',
} as const;

interface Sent {
  readonly body?: unknown;
  readonly type?: keyof typeof TYPES;
  readonly agent?: string;
}

async function send(api: TestApi, method: string, path: string, sent: Sent = {}): Promise<Answer> {
  const { body, type = 'json', agent = 'tester/1.0' } = sent;
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${api.token}`,
      'user-agent': agent,
      ...(body === undefined ? {} : { 'content-type': TYPES[type] }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    warnings: response.headers.get('warning') ?? '',
    json: (await response.json()) as Answer['json'],
  };
}

const keepaliveOf = ({ spec }: KubeObject): unknown =>
  (spec as { frontend?: { tcp?: { keepalive?: unknown } } } | undefined)?.frontend?.tcp?.keepalive;
const managersOf = ({ metadata }: KubeObject): readonly string[] =>
  (metadata.managedFields ?? []).map((entry) => {
    const { manager, operation } = entry as { manager: string; operation: string };
    return `${manager} ${operation}`;
  });

describe('writes over HTTP', () => {
  let api: TestApi;
  before(async () => {
    api = await startTestApi();
  });
  after(() => api.close());

  const create = (name: string, keepalive: object = { time: '30s' }) =>
    send(api, 'POST', POLICIES, { body: samplePolicy(name, keepalive) });
  const item = (name: string, query = '') => `${POLICIES}/${name}${query}`;

  it('a merge patch changes what it names; the writer owns that and the creator the rest', async () => {
    await create('merge', { time: '30s', retries: 3 });
    const body = { spec: { frontend: { tcp: { keepalive: { time: '40s', retries: null } } } } };
    const { status, json } = await send(api, 'PATCH', item('merge'), {
      ...{ body, type: 'merge-patch', agent: 'kubectl/v1.33 (linux)' },
    });
    assert.equal(status, 200);
    assert.deepEqual(keepaliveOf(json), { time: '40s' });
    assert.equal(json.metadata.generation, 2);
    assert.deepEqual([...managersOf(json)].sort(), ['kubectl Update', 'tester Update']);
  });

  it('an empty patch writes nothing', async () => {
    const created = await create('empty');
    const { json } = await send(api, 'PATCH', item('empty'), { body: {}, type: 'merge-patch' });
    assert.deepEqual(json, created.json);
  });

  it('a JSON patch is taken as a whole or not at all', async () => {
    const created = await create('json');
    const path = '/spec/frontend/tcp/keepalive/time';
    const failing = [
      { op: 'replace', path, value: '50s' },
      { op: 'test', path: '/spec/frontend/tcp/keepalive/retries', value: 1 },
    ];
    const refused = await send(api, 'PATCH', item('json'), { body: failing, type: 'json-patch' });
    assert.equal(refused.status, 422);
    assert.match(
      refused.json.message ?? '',
      /^the server rejected our request due to an error in our request/,
    );
    assert.deepEqual((await send(api, 'GET', item('json'))).json, created.json);
    const good = await send(api, 'PATCH', item('json'), {
      ...{ body: failing.slice(0, 1), type: 'json-patch' },
    });
    assert.deepEqual(keepaliveOf(good.json), { time: '50s' });
  });

  it('the patched object is validated, never the patch', async () => {
    await create('valid');
    const body = { spec: { frontend: { tcp: { keepalive: { retries: 0 } } } } };
    const refused = await send(api, 'PATCH', item('valid'), { body, type: 'merge-patch' });
    assert.equal(refused.status, 422);
    assert.match(refused.json.message ?? '', /retries: Invalid value: 0: must be from 1 to 64/);
    const strict = await send(api, 'PATCH', item('valid', '?fieldValidation=Strict'), {
      ...{ body: { spec: { bogus: 1 } }, type: 'merge-patch' },
    });
    assert.equal(strict.status, 422);
    assert.match(strict.json.message ?? '', /strict decoding error: unknown field "spec.bogus"/);
    const warned = await send(api, 'PATCH', item('valid'), {
      ...{ body: { spec: { bogus: 1 } }, type: 'merge-patch' },
    });
    assert.match(warned.warnings, /unknown field \\"spec.bogus\\"/);
  });

  it('patches of one object at once are all taken; one with an old resourceVersion is a conflict', async () => {
    const { json: created } = await create('race');
    const writes = Array.from({ length: 20 }, (_, i) =>
      send(api, 'PATCH', item('race'), {
        ...{ body: { metadata: { labels: { [`l${i}`]: 'v' } } }, type: 'merge-patch' },
      }),
    );
    assert.deepEqual(
      new Set((await Promise.all(writes)).map(({ status }) => status)),
      new Set([200]),
    );
    const { json } = await send(api, 'GET', item('race'));
    assert.equal(Object.keys(json.metadata.labels ?? {}).length, 20);
    const { resourceVersion } = created.metadata;
    const stale = await send(api, 'PATCH', item('race'), {
      ...{ body: { metadata: { resourceVersion } }, type: 'merge-patch' },
    });
    assert.equal(stale.status, 409);
    assert.equal(stale.json.reason, 'Conflict');
  });

  it('server-side apply creates, shares, conflicts and takes over', async () => {
    const apply = (manager: string, keepalive: object, query = '') =>
      send(api, 'PATCH', item('apply', `?fieldManager=${manager}${query}`), {
        ...{ body: samplePolicy('apply', keepalive), type: 'apply' },
      });
    const created = await apply('a', { time: '30s' });
    assert.equal(created.status, 201);
    assert.deepEqual(managersOf(created.json), ['a Apply']);
    const same = await apply('a', { time: '30s' });
    assert.equal(same.status, 200);
    assert.deepEqual(same.json, created.json);

    const conflict = await apply('b', { time: '31s', retries: 4 });
    assert.equal(conflict.status, 409);
    assert.equal(
      conflict.json.message,
      'Apply failed with 1 conflict: conflict with "a": .spec.frontend.tcp.keepalive.time',
    );
    assert.deepEqual(
      conflict.json.details?.causes?.map(({ field }) => field),
      ['.spec.frontend.tcp.keepalive.time'],
    );
    assert.deepEqual((await send(api, 'GET', item('apply'))).json, created.json);

    const forced = await apply('b', { time: '31s', retries: 4 }, '&force=true');
    assert.deepEqual(keepaliveOf(forced.json), { time: '31s', retries: 4 });
    const given = await apply('b', { time: '31s' });
    assert.deepEqual(keepaliveOf(given.json), { time: '31s' });
  });

  it('labels that their only owner gives up go, and nothing else of the metadata does', async () => {
    const object = samplePolicy('labels', {});
    const labelled = { ...object, metadata: { ...object.metadata, labels: { a: 'b' } } };
    const path = item('labels', '?fieldManager=m');
    await send(api, 'PATCH', path, { body: labelled, type: 'apply' });
    const { status, json } = await send(api, 'PATCH', path, { body: object, type: 'apply' });
    assert.equal(status, 200, json.message);
    assert.equal(json.metadata.labels, undefined);
    assert.equal(json.metadata.name, 'labels');
  });

  it('what kubectl applied on its side before is its own', async () => {
    const object = samplePolicy('migrate', { time: '30s' });
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(object),
    };
    const before = { ...object, metadata: { ...object.metadata, annotations } };
    await send(api, 'POST', POLICIES, { body: before, agent: 'kubectl-client-side-apply/1' });
    const path = item('migrate', '?fieldManager=kubectl');
    const body = samplePolicy('migrate', { time: '35s' });
    const applied = await send(api, 'PATCH', path, { body, type: 'apply' });
    assert.equal(applied.status, 200, applied.json.message);
    const kept = Object.values(applied.json.metadata.annotations ?? {}).join();
    assert.match(kept, /"time":"35s"/);
    const other = await send(api, 'PATCH', item('migrate', '?fieldManager=other'), {
      ...{ body: samplePolicy('migrate', { time: '36s' }), type: 'apply' },
    });
    assert.equal(other.status, 409);
  });

  it('options are checked in the words of Kubernetes', async () => {
    await create('options');
    const rows: readonly [string, Sent, RegExp][] = [
      [
        '',
        { body: {}, type: 'apply' },
        /fieldManager: Required value: is required for apply patch/,
      ],
      ['?force=true', { body: {}, type: 'merge-patch' }, /force: Forbidden: may not be specified/],
      ['?dryRun=x', { body: {}, type: 'merge-patch' }, /^PatchOptions.meta.k8s.io "" is invalid/],
    ];
    for (const [query, sent, message] of rows) {
      const { status, json } = await send(api, 'PATCH', item('options', query), sent);
      assert.equal(status, 422);
      assert.match(json.message ?? '', message);
    }
  });

  it('a status is written by its own path, and only there', async () => {
    await create('status');
    const ancestors = { status: { ancestors: [] }, spec: { frontend: {} } };
    const patched = await send(api, 'PATCH', `${item('status')}/status`, {
      ...{ body: ancestors, type: 'merge-patch' },
    });
    assert.equal(patched.status, 200, patched.json.message);
    assert.deepEqual(patched.json.status, { ancestors: [] });
    assert.deepEqual(keepaliveOf(patched.json), { time: '30s' });
    assert.equal(patched.json.metadata.generation, 1);
    const main = await send(api, 'PATCH', item('status'), {
      ...{ body: { status: null }, type: 'merge-patch' },
    });
    assert.deepEqual(main.json.status, { ancestors: [] });
    const { json: read } = await send(api, 'GET', `${item('status')}/status`);
    assert.deepEqual(read, patched.json);
    const stale = { ...read, metadata: { ...read.metadata, resourceVersion: '1' } };
    const put = await send(api, 'PUT', `${item('status')}/status`, { body: stale });
    assert.equal(put.status, 409);
    const bad = await send(api, 'PATCH', `${item('status')}/status`, {
      ...{ body: { status: { ancestors: 'x' } }, type: 'merge-patch' },
    });
    assert.equal(bad.status, 422);
  });

  it('a dry run answers as the write would and stores nothing', async () => {
    const before = api.store.lastSeq();
    const applied = await send(api, 'PATCH', item('dry', '?fieldManager=m&dryRun=All'), {
      ...{ body: samplePolicy('dry', {}), type: 'apply' },
    });
    assert.equal(applied.status, 201);
    assert.equal(api.store.lastSeq(), before);
  });

  it('the server completes a name that is left to it', async () => {
    const { metadata: _, ...rest } = samplePolicy('x', {});
    const body = { ...rest, metadata: { generateName: 'gen-' } };
    const { status, json } = await send(api, 'POST', POLICIES, { body });
    assert.equal(status, 201);
    assert.match(json.metadata.name, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    assert.equal(json.metadata.generateName, 'gen-');
  });

  it('reads what typed clients send as protobuf', async () => {
    const type = coreMessages().lookupType('Namespace');
    const raw = type.encode({ metadata: { name: 'typed', labels: { a: 'b' } } }).finish();
    const typeMeta = { apiVersion: 'v1', kind: 'Namespace' };
    const body = coreMessages().lookupType('Unknown').encode({ typeMeta, raw }).finish();
    const response = await fetch(`${api.url}/api/v1/namespaces`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.token}`,
        'content-type': 'application/vnd.kubernetes.protobuf',
        accept: 'application/vnd.kubernetes.protobuf,application/json',
      },
      body: Buffer.concat([Buffer.from('k8s\0', 'latin1'), body]),
    });
    assert.equal(response.status, 201);
    const { metadata, status } = (await response.json()) as KubeObject;
    assert.deepEqual(metadata.labels, { a: 'b', 'kubernetes.io/metadata.name': 'typed' });
    assert.deepEqual(status, { phase: 'Active' });
  });

  it('built-in kinds take the strategic merge patches of kubectl apply, others refuse them', async () => {
    const services = '/api/v1/namespaces/httpbin/services';
    const metadata = { name: 's', namespace: 'httpbin' };
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ports: [{ port: 80 }] },
    };
    await send(api, 'POST', services, { body: service });
    const ports = [{ port: 81 }, { $patch: 'delete', port: 80 }];
    const body = { spec: { '$setElementOrder/ports': [{ port: 81 }], ports } };
    const patched = await send(api, 'PATCH', `${services}/s`, { body, type: 'strategic' });
    assert.equal(patched.status, 200, patched.json.message);
    const { spec } = patched.json as { spec?: { ports?: readonly { port?: number }[] } };
    assert.deepEqual(
      spec?.ports?.map(({ port }) => port),
      [81],
    );
    await create('strategic');
    const refused = await send(api, 'PATCH', item('strategic'), { body: {}, type: 'strategic' });
    assert.equal(refused.status, 415);
    assert.match(refused.json.message ?? '', /^the body of the request was in an unknown format/);
  });

  it('says what the caller may do', async () => {
    const review = (resourceAttributes: object) =>
      send(api, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes },
        },
      });
    const group = 'agentgateway.dev';
    const rows: readonly [object, boolean][] = [
      [{ verb: 'create', group, resource: 'agentgatewaypolicies' }, true],
      [{ verb: 'patch', group, resource: 'agentgatewaypolicies', subresource: 'status' }, true],
      [{ verb: 'create', group: '', resource: 'agentgatewaypolicies' }, false],
      [{ verb: 'escalate', group, resource: 'agentgatewaypolicies' }, false],
      [{ verb: 'get', group: 'apps', resource: 'daemonsets' }, false],
    ];
    for (const [attributes, allowed] of rows) {
      const { status, json } = await review(attributes);
      assert.equal(status, 201);
      assert.deepEqual(json.status, { allowed }, JSON.stringify(attributes));
    }
    const rules = await send(api, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      body: { kind: 'SelfSubjectRulesReview', spec: { namespace: 'default' } },
    });
    assert.match(JSON.stringify(rules.json.status), /"resources":\["agentgatewaypolicies"\]/);
    const who = await send(api, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: { kind: 'SelfSubjectReview' },
    });
    assert.match(JSON.stringify(who.json.status), /"username":"admin"/);
  });

  it('a field that is there twice is refused under Strict, warned about, or the last one counts', async () => {
    const text = JSON.stringify(samplePolicy('twice', { time: '30s' }));
    const body = text.replace('"time":"30s"', '"time":"20s","time":"30s"');
    const post = async (query: string) => {
      const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' };
      return fetch(`${api.url}${POLICIES}${query}`, { method: 'POST', headers, body });
    };
    const strict = await post('?fieldValidation=Strict');
    assert.equal(strict.status, 400);
    assert.match(
      await strict.text(),
      /strict decoding error: duplicate field \\"spec.frontend.tcp.keepalive.time\\"/,
    );
    const ignored = await post('?fieldValidation=Ignore&dryRun=All');
    assert.doesNotMatch(ignored.headers.get('warning') ?? '', /duplicate/);
    const warned = await post('');
    assert.equal(warned.status, 201);
    assert.match(warned.headers.get('warning') ?? '', /duplicate field/);
  });

  it('a DELETE of a collection takes what its selector chooses', async () => {
    for (const [name, team] of [
      ['c1', 'a'],
      ['c2', 'a'],
      ['c3', 'b'],
    ] as const) {
      const object = samplePolicy(name, {});
      const metadata = { ...object.metadata, labels: { collection: 'yes', team } };
      await send(api, 'POST', POLICIES, { body: { ...object, metadata } });
    }
    const names = ({ json }: Answer) => json.items?.map(({ metadata }) => metadata.name);
    const dry = await send(api, 'DELETE', `${POLICIES}?labelSelector=team%3Da&dryRun=All`);
    assert.deepEqual(names(dry), ['c1', 'c2']);
    const taken = await send(api, 'DELETE', `${POLICIES}?labelSelector=team%3Da`);
    assert.deepEqual(names(taken), ['c1', 'c2']);
    assert.deepEqual(names(await send(api, 'GET', `${POLICIES}?labelSelector=collection`)), ['c3']);
  });

  it('a DELETE looks at its preconditions', async () => {
    await create('gone');
    const uid = await send(api, 'DELETE', item('gone'), { body: { preconditions: { uid: 'x' } } });
    assert.equal(uid.status, 409);
    assert.match(uid.json.message ?? '', /^Operation cannot be fulfilled on AgentgatewayPolicy/);
    const dry = await send(api, 'DELETE', item('gone'), { body: { dryRun: ['All'] } });
    assert.equal(dry.status, 200);
    assert.equal((await send(api, 'DELETE', item('gone'))).status, 200);
    const missing = await send(api, 'DELETE', item('gone'));
    assert.equal(missing.status, 404);
    assert.equal(missing.json.message, 'agentgatewaypolicies.agentgateway.dev "gone" not found');
  });
});
