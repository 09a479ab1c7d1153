// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { findPortOffset } from '../support/free-ports.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a user gets who has the package and not the repository. */
test('the packed tarball, installed in an empty directory, runs up', {
  timeout: 240_000,
}, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-packed-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const run = (cwd: string, file: string, ...args: string[]): string =>
    execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  run(ROOT, 'node', 'deploy/setup.mjs');
  const packed = run(ROOT, 'npm', 'pack', '--json', '--pack-destination', directory);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  writeFileSync(join(directory, 'package.json'), '{"private":true}');
  run(directory, 'npm', 'install', '--omit=dev', '--ignore-scripts', `./${filename}`);

  const offset = await findPortOffset();
  const bin = join(directory, 'node_modules/.bin/heartline');
  const up = spawn(bin, ['up', '--port-offset', String(offset)], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => up.kill('SIGKILL'));
  let text = '';
  up.stdout.on('data', (chunk: Buffer) => (text += chunk));
  up.stderr.on('data', (chunk: Buffer) => (text += chunk));

  await eventually(
    async () => {
      const response = await fetch(`http://127.0.0.1:${8080 + offset}/get`);
      assert.equal(response.status, 200, text);
    },
    { deadlineMs: 60_000 },
  );
  const example = join(directory, 'node_modules/heartline/deploy/examples/tcp-keepalive.yaml');
  assert.match(run(directory, bin, 'apply', '-f', example), /httpbin-keepalive created/);
  await eventually(() =>
    assert.match(run(directory, bin, 'get', 'agpol', '-n', 'httpbin'), /httpbin-keepalive\s+True/),
  );

  up.kill('SIGINT');
  const [code] = (await once(up, 'exit')) as [number | null];
  assert.equal(code, 0, text);
});
