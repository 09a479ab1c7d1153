// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestApi, type TestApi } from '../../test/support/api-server.js';

const SECRETS = '/api/v1/namespaces/httpbin/secrets';
const VALUE = 'a-value-nobody-may-read-back';
const BASE64 = Buffer.from(VALUE).toString('base64');

function secret(data: Readonly<Record<string, string>>) {
  const metadata = { name: 'cert', namespace: 'httpbin' };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data };
}

describe('kinds of the core group', () => {
  let api: TestApi;
  before(async () => {
    api = await startTestApi();
  });
  after(() => api.close());

  const send = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };

  it('a Secret is written, and no answer ever shows its values', async () => {
    const answers = [
      await send('POST', `${SECRETS}?dryRun=All`, secret({ token: BASE64 })),
      await send('POST', SECRETS, secret({ token: BASE64 })),
      await send('PUT', `${SECRETS}/cert`, secret({ token: BASE64, other: BASE64 })),
      await send('GET', `${SECRETS}/cert`),
      await send('GET', SECRETS),
      await send('GET', '/api/v1/secrets'),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 200, 200, 200, 200],
    );
    for (const { text } of answers) {
      assert.ok(text.includes('"token":"PHJlZGFjdGVkPg=="'), text);
      assert.ok(!text.includes(BASE64) && !text.includes(VALUE), text);
    }
    const stored = api.store.get('objects/core/secrets/httpbin/cert')?.value;
    assert.deepEqual((stored as { data?: unknown }).data, { token: BASE64, other: BASE64 });
    const deleted = await send('DELETE', `${SECRETS}/cert`);
    assert.equal(deleted.status, 200);
    assert.ok(!deleted.text.includes(BASE64));
    assert.ok(!api.logged.join('').includes(BASE64));
  });

  it('what was read cannot be written back over the values', async () => {
    await send('POST', SECRETS, secret({ token: BASE64 }));
    const { text } = await send('GET', `${SECRETS}/cert`);
    const { metadata, data } = JSON.parse(text);
    const written = await send('PUT', `${SECRETS}/cert`, { ...secret(data), metadata });
    assert.equal(written.status, 422, written.text);
    assert.match(written.text, /a value is what reads show in place of the real one/);
  });

  it('a changed value is a new generation, an equal one writes nothing', async () => {
    const generation = (text: string): unknown => JSON.parse(text).metadata.generation;
    const name = { ...secret({ a: BASE64 }), metadata: { name: 'g', namespace: 'httpbin' } };
    assert.equal(generation((await send('POST', SECRETS, name)).text), 1);
    const seq = api.store.lastSeq();
    assert.equal(generation((await send('PUT', `${SECRETS}/g`, name)).text), 1);
    assert.equal(api.store.lastSeq(), seq);
    const changed = { ...name, data: { a: Buffer.from('another').toString('base64') } };
    assert.equal(generation((await send('PUT', `${SECRETS}/g`, changed)).text), 2);
  });

  it('messages name the resource without a group', async () => {
    const missing = await send('GET', `${SECRETS}/none`);
    assert.equal(missing.status, 404);
    assert.match(missing.text, /secrets \\"none\\" not found/);
    assert.deepEqual(JSON.parse(missing.text).details, {
      name: 'none',
      group: '',
      kind: 'secrets',
    });
  });
});
