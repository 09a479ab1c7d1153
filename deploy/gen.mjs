// SPDX-License-Identifier: Apache-2.0
// Writes the TypeScript types of proto/ to shared/proto/gen/ (committed). With --check: writes nothing, fails when they differ.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const protoDir = join(root, 'proto');
const genDir = join(root, 'shared', 'proto', 'gen');

// The same choices as shared/proto/decode-options.ts, which says what they mean; keepCase, defaults and objects stay off.
const OPTIONS = [
  '--longs=Number',
  '--enums=String',
  '--arrays',
  '--oneofs',
  '--includeComments',
  '--grpcLib=@grpc/grpc-js',
  '--importFileExtension=.js',
];
const BANNER =
  '// SPDX-License-Identifier: Apache-2.0\n// Written by `npm run gen` from proto/. Do not edit.\n';

function filesBelow(dir, extension) {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(extension))
    .sort();
}

function generate(outDir) {
  const tool = join(root, 'node_modules', '.bin', 'proto-loader-gen-types');
  const args = [...OPTIONS, '-I', protoDir, '-O', outDir, ...filesBelow(protoDir, '.proto')];
  const run = spawnSync(tool, args, { cwd: protoDir, encoding: 'utf8' });
  if (run.status !== 0) {
    throw new Error(`proto-loader-gen-types failed: ${run.error?.message ?? run.stderr}`);
  }
  for (const path of filesBelow(outDir, '.ts')) {
    if (dirname(path) === '.') {
      // One index per .proto file, named without its folder (status.ts, base.ts): unused, and two of one name would collide.
      rmSync(join(outDir, path));
      continue;
    }
    const text = readFileSync(join(outDir, path), 'utf8');
    writeFileSync(join(outDir, path), `${BANNER}${clean(text)}\n`);
  }
}

/** Without the place of this clone on this machine, and without blanks at the ends of lines. */
function clean(text) {
  return text
    .replaceAll(/^\/\/ Original file: .*\n/gm, '')
    .replaceAll(/[ \t]+$/gm, '')
    .trim();
}

/** Sorted paths whose text is missing on one side or differs. */
function differences(wantedDir, actualDir) {
  const read = (dir) =>
    new Map(filesBelow(dir, '.ts').map((path) => [path, readFileSync(join(dir, path), 'utf8')]));
  const wanted = read(wantedDir);
  const actual = read(actualDir);
  const paths = [...new Set([...wanted.keys(), ...actual.keys()])].sort();
  return paths.filter((path) => wanted.get(path) !== actual.get(path));
}

function check() {
  const tempDir = mkdtempSync(join(tmpdir(), 'heartline-gen-'));
  try {
    generate(tempDir);
    const drift = differences(tempDir, genDir);
    if (drift.length === 0) return;
    console.error(
      `shared/proto/gen differs from proto/ in ${drift.length} files; run: npm run gen`,
    );
    for (const path of drift) console.error(`  ${path}`);
    process.exitCode = 1;
  } finally {
    rmSync(tempDir, { recursive: true, force: true });
  }
}

if (process.argv.includes('--check')) {
  check();
} else {
  rmSync(genDir, { recursive: true, force: true });
  generate(genDir);
}
