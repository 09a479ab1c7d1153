// SPDX-License-Identifier: Apache-2.0
// Packs the package, installs it for production into an empty folder, and prints what that takes on disk.
//   node test/install-size.mjs    fails above the limit
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIMIT_MB = 110;
const BYTES_PER_MB = 1_000_000;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

const npm = (cwd, ...args) => execFileSync('npm', args, { cwd, encoding: 'utf8' });

/** Blocks on disk, as du counts them. */
function diskBytes(path) {
  const { blocks } = lstatSync(path);
  const isFolder = lstatSync(path).isDirectory();
  const inside = isFolder ? readdirSync(path).map((name) => diskBytes(join(path, name))) : [];
  return inside.reduce((sum, bytes) => sum + bytes, blocks * 512);
}

const dir = mkdtempSync(join(tmpdir(), 'heartline-install-'));
try {
  const [{ filename, size, entryCount }] = JSON.parse(
    npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', dir),
  );
  writeFileSync(join(dir, 'package.json'), '{"private":true}');
  npm(dir, 'install', '--omit=dev', '--ignore-scripts', '--prefer-offline', `./${filename}`);
  const installed = diskBytes(join(dir, 'node_modules')) / BYTES_PER_MB;
  const packed = size / BYTES_PER_MB;
  console.log(`package: ${entryCount} files, ${packed.toFixed(2)} MB packed`);
  console.log(`production install: ${installed.toFixed(1)} MB of ${LIMIT_MB} MB`);
  if (installed > LIMIT_MB) process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
