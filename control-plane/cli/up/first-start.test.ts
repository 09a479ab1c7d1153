// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { startTestApi, type TestApi } from '../../../test/support/api-server.js';
import { kindOf } from '../../../test/support/sample-objects.js';
import { gatewaySpec } from '../../policy/gateway-spec.js';
import { readManifests } from '../../source/manifests/read-manifests.js';
import { type ApiClient, createApiClient } from '../client/api-client.js';
import { applyExample, withBackendPort } from './first-start.js';

function manifestOf(spec: string) {
  const text = `apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayBackend\nmetadata: {name: httpbin}\nspec: ${spec}\n`;
  const [manifest] = readManifests([{ source: 'x', text }], {
    namespace: 'n',
    enforced: false,
  }).manifests;
  assert.ok(manifest);
  return manifest;
}

describe('withBackendPort', () => {
  const original = manifestOf('{static: {host: h, port: 18000}, other: 1}');

  it('moves the port and nothing else', () => {
    const moved = withBackendPort(original, 18_000, 19_000);
    assert.deepEqual(moved.object['spec'], { static: { host: 'h', port: 19_000 }, other: 1 });
    assert.deepEqual(original.object['spec'], { static: { host: 'h', port: 18_000 }, other: 1 });
  });

  for (const [name, spec, from, to] of [
    ['the same port', '{static: {port: 18000}}', 18_000, 18_000],
    ['a port somebody changed', '{static: {port: 5}}', 18_000, 19_000],
    ['no static backend', '{}', 18_000, 19_000],
  ] as const) {
    it(`leaves ${name} alone`, () => {
      const manifest = manifestOf(spec);
      assert.equal(withBackendPort(manifest, from, to), manifest);
    });
  }
});

describe('applyExample', () => {
  const gateway = { kind: kindOf('Gateway'), namespace: 'httpbin', name: 'agentgateway-proxy' };
  const backend = { kind: kindOf('AgentgatewayBackend'), namespace: 'httpbin', name: 'httpbin' };
  let api: TestApi;
  let client: ApiClient;
  let directory: string;
  let record: string;
  beforeEach(async () => {
    api = await startTestApi();
    client = createApiClient({ server: api.url, token: api.token });
    directory = mkdtempSync(join(tmpdir(), 'heartline-first-'));
    record = join(directory, 'examples.json');
  });
  afterEach(async () => {
    await api.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const portOfBackend = async (): Promise<unknown> => {
    const spec = (await client.get(backend))?.spec as { static: { port: number } } | undefined;
    return spec?.static.port;
  };

  it('applies everything once: what was deleted stays deleted', async () => {
    await applyExample(client, record, 18_000);
    assert.equal(api.store.lastSeq(), 4);
    await client.remove(gateway, { dryRun: false });
    await applyExample(client, record, 18_000);
    assert.equal(await client.get(gateway), undefined);
    assert.equal(api.store.lastSeq(), 5);
  });

  it('points the backend at the port of the sample, also when that moves', async () => {
    await applyExample(client, record, 18_700);
    assert.equal(await portOfBackend(), 18_700);
    await applyExample(client, record, 18_000);
    assert.equal(await portOfBackend(), 18_000);
    assert.equal(api.store.lastSeq(), 5);
  });

  it('starts over when the first time did not end', async () => {
    const settings = { dryRun: false };
    await applyExample(client, record, 18_000);
    await client.remove(backend, settings);
    rmSync(record);
    await applyExample(client, record, 18_000);
    assert.equal(await portOfBackend(), 18_000);
  });

  it('leaves to a manifest folder what the folder has', async () => {
    const own = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' };
    const listeners = [{ name: 'mine', port: 9090, protocol: 'HTTP' }];
    await api.door.applyObjects({
      caller: {
        actor: 'manifests',
        reason: 'test',
        source: 'manifests',
        sourceDetail: '/m/g.yaml',
      },
      changes: [
        {
          ...{ verb: 'create', ...gateway },
          object: {
            ...own,
            metadata: { name: gateway.name, namespace: gateway.namespace },
            spec: { gatewayClassName: 'agentgateway', listeners },
          },
        },
      ],
      dryRun: false,
      fieldValidation: 'Strict',
    });
    await applyExample(client, record, 18_000);
    const after = (await client.get(gateway)) ?? assert.fail();
    assert.deepEqual(
      gatewaySpec(after).listeners.map(({ name }) => name),
      ['mine'],
    );
    assert.ok(await client.get(backend));
  });

  it('says which record is damaged', async () => {
    writeFileSync(record, '{"httpb');
    await assert.rejects(applyExample(client, record, 18_000), {
      code: 'CONFIG',
      message: /examples\.json is damaged; delete it/,
    });
  });
});
