// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { writePrivateFile } from './private-file.js';
import { makeStateDirectories, statePaths } from './state-paths.js';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('state of up', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'heartline-state-'));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  it('is for its owner only, also where the directory was open before', () => {
    const paths = statePaths(join(base, 'data'));
    mkdirSync(paths.root, { mode: 0o755 });
    makeStateDirectories(paths);
    assert.deepEqual([paths.root, paths.logs, paths.worker].map(modeOf), ['700', '700', '700']);
  });

  it('says which directory cannot be made', () => {
    writeFileSync(join(base, 'file'), '');
    assert.throws(() => makeStateDirectories(statePaths(join(base, 'file', 'x'))), {
      code: 'CONFIG',
      message: /ENOTDIR.*file\/x/,
    });
  });

  it('replaces a file whole, for its owner only', () => {
    const path = join(base, 'kubeconfig');
    writeFileSync(path, 'old and longer', { mode: 0o644 });
    writePrivateFile(path, 'new');
    assert.equal(readFileSync(path, 'utf8'), 'new');
    assert.equal(modeOf(path), '600');
    assert.deepEqual(readdirSync(base), ['kubeconfig']);
  });
});
