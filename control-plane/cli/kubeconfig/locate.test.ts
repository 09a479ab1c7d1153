// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { locateKubeconfig } from './locate.js';

const FILES = new Set([
  '/a/.heartline/kubeconfig',
  '/a/b/.heartline/kubeconfig',
  '/x/config',
  '/a/b/rel',
]);
const exists = (path: string): boolean => FILES.has(path);

describe('locateKubeconfig', () => {
  for (const [name, flag, variable, cwd, expected] of [
    ['the flag wins', '/x/config', '/a/.heartline/kubeconfig', '/a/b', '/x/config'],
    ['a relative flag', 'rel', undefined, '/a/b', '/a/b/rel'],
    ['the variable comes next', undefined, '/x/config', '/a/b', '/x/config'],
    ['an empty variable is none', undefined, '', '/a/b', '/a/b/.heartline/kubeconfig'],
    ['the nearest directory', undefined, undefined, '/a/b', '/a/b/.heartline/kubeconfig'],
    ['a directory above', undefined, undefined, '/a/b/c/d', '/a/b/.heartline/kubeconfig'],
    ['one further above', undefined, undefined, '/a/z', '/a/.heartline/kubeconfig'],
  ] as const) {
    it(name, () => assert.equal(locateKubeconfig({ flag, variable, cwd }, exists), expected));
  }

  it('says all three places when there is none', () => {
    const places = { flag: undefined, variable: undefined, cwd: '/q' };
    assert.throws(() => locateKubeconfig(places, exists), {
      code: 'CONFIG',
      message: /--kubeconfig .* HEARTLINE_KUBECONFIG .* \/q .*\.heartline\/kubeconfig/,
    });
  });

  for (const [source, places] of [
    ['--kubeconfig', { flag: '/no', variable: undefined }],
    ['HEARTLINE_KUBECONFIG', { flag: undefined, variable: '/no' }],
  ] as const) {
    it(`does not search on when ${source} names a missing file`, () => {
      assert.throws(() => locateKubeconfig({ ...places, cwd: '/a' }, exists), {
        message: `${source} names /no, which does not exist`,
      });
    });
  }
});
