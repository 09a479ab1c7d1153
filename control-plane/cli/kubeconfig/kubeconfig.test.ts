// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CERTIFICATES } from '../../../test/support/certificates.js';
import { parseKubeconfig, renderKubeconfig } from './kubeconfig.js';

const CONTENT = {
  server: 'https://127.0.0.1:9979',
  certificateAuthority: CERTIFICATES.a.certificate,
  token: 'secret',
  workerAdmin: '127.0.0.1:15000',
};

describe('kubeconfig', () => {
  it('reads back what it writes', () => {
    assert.deepEqual(parseKubeconfig(renderKubeconfig(CONTENT), '/k'), {
      path: '/k',
      server: CONTENT.server,
      certificateAuthority: CONTENT.certificateAuthority,
      token: CONTENT.token,
      namespace: 'default',
      workerAdmin: CONTENT.workerAdmin,
    });
  });

  it('reads one of plain HTTP, as earlier releases wrote it', () => {
    const old = renderKubeconfig({ server: 'http://127.0.0.1:9979', token: 't', workerAdmin: 'w' });
    const { server, certificateAuthority } = parseKubeconfig(old, '/k');
    assert.equal(server, 'http://127.0.0.1:9979');
    assert.equal(certificateAuthority, undefined);
  });

  const text = renderKubeconfig(CONTENT);
  for (const [name, broken, message] of [
    ['no YAML', 'a: [', /^kubeconfig \/k: /],
    ['an empty file', '', /current-context is missing/],
    [
      'an unknown context',
      text.replace('current-context: heartline', 'current-context: x'),
      /contexts has no entry named "x"/,
    ],
    [
      'an unknown user',
      text.replace('user: heartline', 'user: nobody'),
      /users has no entry named "nobody"/,
    ],
    ['a server that is no URL', text.replace('https://127.0.0.1:9979', 'nowhere'), /is no URL/],
    ['a server of another protocol', text.replace('https://', 'ftp://'), /neither https:\/\//],
    [
      'an authority that is none',
      text.replace(/(certificate-authority-data: )\S+/, '$1aGVsbG8='),
      /certificate-authority-data is no certificate/,
    ],
  ] as const) {
    it(`names file and field: ${name}`, () => {
      assert.throws(() => parseKubeconfig(broken, '/k'), { code: 'CONFIG', message });
    });
  }
});
