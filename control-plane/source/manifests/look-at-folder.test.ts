// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { lookAtFolder } from './look-at-folder.js';

describe('a look at a folder', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'heartline-look-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const write = (name: string, content: string | Buffer): void =>
    writeFileSync(join(dir, name), content);

  /** `path: text` or `path! reason`, below the folder. */
  async function seen(): Promise<readonly string[]> {
    const { look } = await lookAtFolder(dir);
    assert.ok(look.ok);
    return look.entries.map(({ path, content }) => {
      const name = path.slice(dir.length + 1);
      return content.ok ? `${name}: ${content.text}` : `${name}! ${content.reason}`;
    });
  }

  it('reads manifest files below it, sorted, and nothing else', async () => {
    mkdirSync(join(dir, 'b'));
    write('c.json', '3');
    write('b/z.yml', '2');
    write('a.yaml', '1');
    write('README.md', 'no');
    write('.a.yaml.swp', 'no');
    assert.deepEqual(await seen(), ['a.yaml: 1', 'b/z.yml: 2', 'c.json: 3']);
  });

  it('follows links, in circles once, and leaves out what a mounted ConfigMap hides', async () => {
    mkdirSync(join(dir, '..2026'));
    write('..2026/p.yaml', 'p');
    symlinkSync('..2026', join(dir, '..data'));
    symlinkSync('..data/p.yaml', join(dir, 'p.yaml'));
    symlinkSync('.', join(dir, 'self'));
    assert.deepEqual(await seen(), ['p.yaml: p']);
  });

  it('says why a manifest cannot be read', async () => {
    symlinkSync('nowhere', join(dir, 'a.yaml'));
    symlinkSync('nowhere', join(dir, 'link'));
    assert.equal(spawnSync('mkfifo', [join(dir, 'b.yaml')]).status, 0);
    write('c.yaml', Buffer.from([0x61, 0xff]));
    write('d.yaml', '');
    truncateSync(join(dir, 'd.yaml'), 16_777_217);
    const [a, ...others] = await seen();
    assert.match(a ?? '', /^a\.yaml! ENOENT/);
    assert.deepEqual(others, [
      'b.yaml! is no regular file',
      'c.yaml! is not UTF-8',
      'd.yaml! 16777217 bytes; at most 16777216: split the file',
    ]);
  });

  it('says that the folder itself is not there, or is none', async () => {
    const missing = await lookAtFolder(join(dir, 'none'));
    assert.ok(!missing.look.ok);
    assert.match(missing.look.reason, /^ENOENT/);
    write('file', '');
    const file = await lookAtFolder(join(dir, 'file'));
    assert.ok(!file.look.ok);
    assert.match(file.look.reason, /^ENOTDIR/);
  });
});
