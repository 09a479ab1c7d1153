// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { KINDS } from '../../control-plane/policy/kinds.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { startTestApi, type TestApi } from '../support/api-server.js';
import { kindOf, sampleBackend, toChange, toDelete } from '../support/sample-objects.js';

const BACKENDS = '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaybackends';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The tests assert on whatever JSON came back.
  readonly json: ReturnType<typeof JSON.parse>;
}

async function get(
  api: TestApi,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${api.url}${path}`, {
    redirect: 'manual',
    headers: { authorization: `Bearer ${api.token}`, ...headers },
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: text === '' ? undefined : JSON.parse(text),
  };
}

function apply(api: TestApi, ...changes: Parameters<typeof api.door.applyObjects>[0]['changes']) {
  return api.door.applyObjects({
    caller: { actor: 'test', reason: 'r' },
    changes,
    dryRun: false,
    fieldValidation: 'Strict',
  });
}

const namesOf = ({ json }: Answer): string[] =>
  json.items.map((one: { metadata: { name: string } }) => one.metadata.name);

describe('discovery', () => {
  let api: TestApi;
  before(async () => {
    api = await startTestApi();
  });
  after(() => api.close());

  it('lists groups and versions, the best first', async () => {
    assert.deepEqual((await get(api, '/api')).json.versions, ['v1']);
    const { json } = await get(api, '/apis');
    assert.equal(json.kind, 'APIGroupList');
    const groups = json.groups as { name: string; versions: { version: string }[] }[];
    const names = groups.map(({ name }) => name);
    assert.deepEqual(names, [...names].sort());
    assert.deepEqual(
      groups.find(({ name }) => name === 'gateway.networking.k8s.io')?.versions,
      ['v1', 'v1beta1', 'v1alpha2'].map((version) => ({
        groupVersion: `gateway.networking.k8s.io/${version}`,
        version,
      })),
    );
    const group = await get(api, '/apis/gateway.networking.k8s.io');
    assert.equal(group.json.preferredVersion.version, 'v1');
  });

  it('names every kind with its short names, verbs and subresources', async () => {
    const { json } = await get(api, '/apis/agentgateway.dev/v1alpha1');
    const [, , policies, status] = json.resources;
    assert.deepEqual(
      [policies.name, policies.singularName, policies.kind, policies.shortNames],
      ['agentgatewaypolicies', 'agentgatewaypolicy', 'AgentgatewayPolicy', ['agpol']],
    );
    assert.deepEqual(policies.categories, ['agentgateway']);
    assert.ok(policies.verbs.includes('watch') && policies.verbs.includes('create'));
    assert.equal(status.name, 'agentgatewaypolicies/status');
    const core = await get(api, '/api/v1');
    assert.ok(core.json.resources.some(({ name }: { name: string }) => name === 'secrets'));
  });

  it('is one document for clients that read the aggregated form', async () => {
    for (const version of ['v2', 'v2beta1']) {
      const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`;
      const kinds: string[] = [];
      for (const root of ['/api', '/apis']) {
        const answer = await get(api, root, { accept });
        assert.match(answer.headers.get('content-type') ?? '', /as=APIGroupDiscoveryList/);
        assert.equal(answer.json.apiVersion, `apidiscovery.k8s.io/${version}`);
        for (const item of answer.json.items) {
          for (const { resources } of item.versions) {
            kinds.push(
              ...resources.map((one: { responseKind: { kind: string } }) => one.responseKind.kind),
            );
          }
        }
        const etag = answer.headers.get('etag') ?? '';
        const again = await get(api, root, { accept, 'if-none-match': etag });
        assert.equal(again.status, 304);
      }
      for (const { kind } of KINDS) assert.ok(kinds.includes(kind), kind);
    }
  });
});

describe('OpenAPI v3', () => {
  let api: TestApi;
  before(async () => {
    api = await startTestApi();
  });
  after(() => api.close());

  it('has a document for every version of every group, at an address that never changes what it shows', async () => {
    const { json } = await get(api, '/openapi/v3');
    const { groups } = (await get(api, '/apis')).json;
    const wanted = groups.flatMap(({ versions }: { versions: { groupVersion: string }[] }) =>
      versions.map(({ groupVersion }) => `apis/${groupVersion}`),
    );
    assert.deepEqual(Object.keys(json.paths).sort(), ['api/v1', ...wanted].sort());
    for (const { serverRelativeURL } of Object.values<{ serverRelativeURL: string }>(json.paths)) {
      const answer = await get(api, serverRelativeURL);
      assert.equal(answer.json.openapi, '3.0.0');
      assert.match(answer.headers.get('cache-control') ?? '', /immutable/);
      const stale = await get(api, serverRelativeURL.replace(/hash=.*/, 'hash=OLD'));
      assert.equal(stale.headers.get('location'), serverRelativeURL);
    }
  });

  it('describes kinds and what can be done with them; every reference leads somewhere', async () => {
    const { json } = await get(api, '/openapi/v3/apis/agentgateway.dev/v1alpha1');
    const schema = json.components.schemas['dev.agentgateway.v1alpha1.AgentgatewayPolicy'];
    assert.deepEqual(schema['x-kubernetes-group-version-kind'], [
      { group: 'agentgateway.dev', kind: 'AgentgatewayPolicy', version: 'v1alpha1' },
    ]);
    const { keepalive } = schema.properties.spec.properties.frontend.properties.tcp.properties;
    assert.ok(keepalive.properties.retries.maximum === 64);
    const references = [
      ...JSON.stringify(json).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g),
    ];
    for (const [, name = ''] of references) assert.ok(json.components.schemas[name], name);
    const path = `/apis/agentgateway.dev/v1alpha1/namespaces/{namespace}/agentgatewaypolicies/{name}`;
    const { put } = json.paths[path];
    assert.equal(put['x-kubernetes-action'], 'put');
    assert.deepEqual(
      put.parameters.map(({ name }: { name: string }) => name),
      ['dryRun', 'fieldManager', 'fieldValidation'],
    );
  });

  it('has a version 2 without contents, which kubectl asks for when version 3 does not know a kind', async () => {
    const { status, json } = await get(api, '/openapi/v2');
    assert.deepEqual([status, json.swagger, json.paths], [200, '2.0', {}]);
  });
});

describe('lists', () => {
  let api: TestApi;
  const clock = manualClock(Date.parse('2026-11-22T13:00:00Z'));
  beforeEach(async (context) => {
    api = await startTestApi(undefined, { clock });
    if ('after' in context) context.after(() => api.close());
    const objects = ['a', 'b', 'c', 'd', 'e'].map((name) => sampleBackend(name));
    await apply(api, ...objects.map((object) => toChange('create', object)));
  });

  it('show one revision on all pages, whatever happens meanwhile', async () => {
    const first = await get(api, `${BACKENDS}?limit=2`);
    assert.deepEqual(namesOf(first), ['a', 'b']);
    assert.equal(first.json.metadata.remainingItemCount, 3);
    await apply(api, toDelete(sampleBackend('c')));
    await apply(api, toChange('create', sampleBackend('bb')));
    await apply(api, toChange('replace', sampleBackend('e', 81)));
    const second = await get(api, `${BACKENDS}?limit=5&continue=${first.json.metadata.continue}`);
    assert.deepEqual(namesOf(second), ['c', 'd', 'e']);
    assert.equal(second.json.metadata.resourceVersion, first.json.metadata.resourceVersion);
    assert.equal(second.json.items[2].spec.static.port, 18_000);
    assert.deepEqual(namesOf(await get(api, BACKENDS)), ['a', 'b', 'bb', 'd', 'e']);
  });

  it('whose revision is no longer kept end with 410 and a way to go on', async () => {
    const first = await get(api, `${BACKENDS}?limit=2`);
    await apply(api, toDelete(sampleBackend('c')));
    const commits = Array.from({ length: 10_001 }, () =>
      api.store.commit({ actor: 't', reason: 'r', time: 0, ops: [] }),
    );
    await Promise.all(commits);
    clock.advance(600_001);
    await apply(api, toDelete(sampleBackend('a')));
    const gone = await get(api, `${BACKENDS}?limit=2&continue=${first.json.metadata.continue}`);
    assert.deepEqual([gone.status, gone.json.reason], [410, 'Expired']);
    const token = gone.json.metadata.continue;
    assert.deepEqual(namesOf(await get(api, `${BACKENDS}?limit=9&continue=${token}`)), ['d', 'e']);
  });

  it('an object that is not there is told about as Kubernetes does', async () => {
    const { status, json } = await get(api, `${BACKENDS}/nobody`);
    assert.equal(status, 404);
    assert.equal(json.message, 'agentgatewaybackends.agentgateway.dev "nobody" not found');
    assert.deepEqual(json.details, {
      name: 'nobody',
      group: 'agentgateway.dev',
      kind: 'agentgatewaybackends',
    });
  });

  it('are of the revision that is asked for', async () => {
    await apply(api, toDelete(sampleBackend('a')));
    const exact = await get(api, `${BACKENDS}?resourceVersion=1&resourceVersionMatch=Exact`);
    assert.deepEqual(namesOf(exact), ['a', 'b', 'c', 'd', 'e']);
    assert.equal(exact.json.metadata.resourceVersion, '1');
    const newer = await get(api, `${BACKENDS}?resourceVersion=1`);
    assert.deepEqual(namesOf(newer), ['b', 'c', 'd', 'e']);
  });

  it('wait three seconds for a revision of the future, and then say when to ask again', async () => {
    const paths = [`${BACKENDS}?resourceVersion=9`, `${BACKENDS}?watch=1&resourceVersion=9`];
    for (const path of [...paths, `${BACKENDS}/a?resourceVersion=9`]) {
      let answer: Answer | undefined;
      const asked = get(api, path).then((came) => {
        answer = came;
      });
      while (answer === undefined) {
        clock.advance(100);
        await new Promise(setImmediate);
      }
      await asked;
      const { status, headers, json } = answer as Answer;
      assert.deepEqual([status, json.reason], [504, 'Timeout']);
      assert.match(json.message, /^Timeout: Too large resource version: 9, current: 1$/);
      assert.equal(json.details.causes[0].reason, 'ResourceVersionTooLarge');
      assert.equal(json.details.retryAfterSeconds, 1);
      assert.equal(headers.get('retry-after'), '1');
    }
  });

  it('are answered as soon as the revision of the future comes', async () => {
    const asked = get(api, `${BACKENDS}?resourceVersion=2`);
    await apply(api, toDelete(sampleBackend('e')));
    let isDone = false;
    void asked.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      clock.advance(50);
      await new Promise(setImmediate);
    }
    assert.equal((await asked).status, 200);
  });

  it('are selected by label and by field', async () => {
    const labelled = sampleBackend('l');
    const object = { ...labelled, metadata: { ...labelled.metadata, labels: { team: 'a' } } };
    await apply(api, toChange('create', object));
    const answers = await Promise.all([
      get(api, `${BACKENDS}?labelSelector=team%20in%20(a,b)`),
      get(api, `${BACKENDS}?labelSelector=!team&limit=1`),
      get(api, `${BACKENDS}?fieldSelector=metadata.name%3Db`),
    ]);
    assert.deepEqual(answers.map(namesOf), [['l'], ['a'], ['b']]);
    assert.equal(answers[1]?.json.metadata.remainingItemCount, undefined);
  });

  it('are tables, with the columns that the schema files ask for', async () => {
    clock.advance(300_000);
    const { json } = await get(api, `${BACKENDS}?limit=2`, { accept: TABLE });
    assert.deepEqual([json.kind, json.apiVersion], ['Table', 'meta.k8s.io/v1']);
    const columns = json.columnDefinitions.map(({ name }: { name: string }) => name);
    assert.equal(columns[0], 'Name');
    assert.equal(json.rows[0].cells[0], 'a');
    assert.match(json.rows[0].cells[columns.indexOf('Age')], /^\d+m/);
    assert.equal(json.rows[0].object.kind, 'PartialObjectMetadata');
    assert.ok(json.metadata.continue);
    const full = await get(api, `${BACKENDS}?includeObject=Object`, { accept: TABLE });
    assert.equal(full.json.rows[0].object.spec.static.port, 18_000);
    const none = await get(api, `${BACKENDS}/a?includeObject=None`, { accept: TABLE });
    assert.equal(none.json.rows.length, 1);
    assert.equal(none.json.rows[0].object, null);
  });

  it('are metadata alone for clients that want no more', async () => {
    const accept = (kind: string) => ({ accept: `application/json;as=${kind};g=meta.k8s.io;v=v1` });
    const list = await get(api, BACKENDS, accept('PartialObjectMetadataList'));
    assert.equal(list.json.kind, 'PartialObjectMetadataList');
    assert.deepEqual(Object.keys(list.json.items[0]).sort(), ['apiVersion', 'kind', 'metadata']);
    const one = await get(api, `${BACKENDS}/a`, accept('PartialObjectMetadata'));
    assert.equal(one.json.metadata.name, 'a');
    assert.equal((await get(api, BACKENDS, accept('Something'))).status, 406);
  });

  it('never show the values of a Secret, nor in what kubectl apply wrote down about it', async () => {
    const value = 'aGlkZGVuLWZyb20tYWxs';
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 's',
        namespace: 'httpbin',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
            kind: 'Secret',
            data: { key: value },
            stringData: { other: value },
          }),
        },
      },
      data: { key: value },
    };
    await apply(api, toChange('create', secret));
    const path = '/api/v1/namespaces/httpbin/secrets';
    const meta = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    for (const accept of ['application/json', TABLE, meta]) {
      const { json } = await get(api, `${path}?includeObject=Object`, { accept });
      assert.doesNotMatch(JSON.stringify(json), new RegExp(value));
      assert.match(JSON.stringify(json), /last-applied-configuration/);
    }
    assert.equal((await get(api, `${path}?fieldSelector=type%3DOpaque`)).json.items.length, 1);
    assert.equal(api.views.get(kindOf('Secret'))?.list('httpbin').objects.length, 1);
  });
});
