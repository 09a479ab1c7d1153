// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packageRoot } from './package-root.js';

describe('packageRoot', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'heartline-root-'));
    writeFileSync(join(root, 'package.json'), '{"name":"heartline"}');
    mkdirSync(join(root, 'dist', 'shared'), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('finds the package from a file URL of a built file', () => {
    assert.equal(packageRoot(pathToFileURL(join(root, 'dist', 'shared', 'x.js')).href), root);
  });

  it('finds the package from a directory', () => {
    assert.equal(packageRoot(join(root, 'dist')), root);
  });

  it('passes by the package.json of something else', () => {
    writeFileSync(join(root, 'dist', 'package.json'), '{"name":"other"}');
    writeFileSync(join(root, 'dist', 'shared', 'package.json'), 'no JSON');
    assert.equal(packageRoot(join(root, 'dist', 'shared')), root);
  });

  it('says where it looked when there is none', () => {
    writeFileSync(join(root, 'package.json'), '{"name":"other"}');
    assert.throws(() => packageRoot(root), { code: 'CONFIG', subject: root });
  });
});
