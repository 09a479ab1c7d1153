// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { loadWire } from '../../shared/proto/wire.js';
import { CERTIFICATES } from '../../test/support/certificates.js';
import { tlsReference } from '../compile/listener-tls.js';
import type { KubeObject } from '../policy/kube-object.js';
import { createSnapshotBuilder } from '../snapshot/build-snapshot.js';
import { createListenerJoiner } from './joined-listeners.js';

const { encode, decode } = loadWire().resource;
const digest = (value: Uint8Array): string => createHmac('sha256', 'k').update(value).digest('hex');
const gateway = { cluster: 'local', namespace: 'httpbin', name: 'gw' };
const build = createSnapshotBuilder(encode);
const withTls = build({
  gateway,
  resources: [
    { name: 'bind/443', message: { bind: { key: '443', port: 443 } } },
    {
      name: 'listener/tls',
      message: {
        listener: {
          key: 'tls',
          name: {},
          protocol: 'HTTPS',
          tls: tlsReference({ namespace: 'httpbin', name: 'cert' }),
        },
      },
    },
  ],
});

function secret({ certificate, privateKey }: Record<'certificate' | 'privateKey', string>) {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'cert', namespace: 'httpbin' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(certificate), 'tls.key': base64(privateKey) },
  } as unknown as KubeObject;
}

describe('listeners joined with their Secrets', () => {
  const joiner = createListenerJoiner({ encode, decode, digest });
  const first = secret(CERTIFICATES.a);

  it('asked again, while nothing changed, gives the very same set: every stream asks at every step', () => {
    const joined = joiner.join(withTls, () => first);
    assert.equal(
      joiner.join(withTls, () => first),
      joined,
    );
    assert.deepEqual(joined.secrets, ['httpbin/cert']);
    assert.equal(joiner.withoutSecrets(withTls), joiner.withoutSecrets(withTls));
  });

  it('another Secret gives another version of the listener and leaves everything else alone', () => {
    const before = joiner.join(withTls, () => first);
    const after = joiner.join(withTls, () => secret(CERTIFICATES.b));
    assert.notEqual(after.hash, before.hash);
    assert.notEqual(
      after.resources.get('listener/tls')?.hash,
      before.resources.get('listener/tls')?.hash,
    );
    assert.equal(after.resources.get('bind/443'), before.resources.get('bind/443'));
    assert.deepEqual([...after.resources.keys()], [...withTls.resources.keys()]);
  });

  it('without a Secret the listener is left out, and comes back with it', () => {
    const bare = joiner.join(withTls, () => undefined);
    assert.deepEqual([...bare.resources.keys()], ['bind/443']);
    assert.ok(joiner.join(withTls, () => first).resources.has('listener/tls'));
  });

  it('a set without certificates is passed through', () => {
    const plain = build({
      gateway,
      resources: [{ name: 'bind/80', message: { bind: { key: '80' } } }],
    });
    const joined = joiner.join(plain, () => assert.fail('no Secret is named'));
    assert.deepEqual([joined.hash, joined.resources], [plain.hash, plain.resources]);
    assert.equal(joiner.withoutSecrets(plain), plain);
  });
});
