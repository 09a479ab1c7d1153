// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseKubeconfig, renderKubeconfig } from './kubeconfig.js';

const CONTENT = {
  server: 'http://127.0.0.1:9979',
  token: 'secret',
  workerAdmin: '127.0.0.1:15000',
};

describe('kubeconfig', () => {
  it('reads back what it writes', () => {
    assert.deepEqual(parseKubeconfig(renderKubeconfig(CONTENT), '/k'), {
      path: '/k',
      server: CONTENT.server,
      token: CONTENT.token,
      namespace: 'default',
      workerAdmin: CONTENT.workerAdmin,
    });
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
    ['a server that is no URL', text.replace('http://127.0.0.1:9979', 'nowhere'), /is no URL/],
    ['a server with TLS', text.replace('http://', 'https://'), /is not http:\/\//],
  ] as const) {
    it(`names file and field: ${name}`, () => {
      assert.throws(() => parseKubeconfig(broken, '/k'), { code: 'CONFIG', message });
    });
  }
});
