// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { packageRoot } from '../../shared/process/package-root.js';

const deployDir = join(packageRoot(import.meta.url), 'deploy');

/** Stands for tsc: writes the program to --outDir, or fails as told. */
const FAKE_TSC = `#!/bin/sh
[ -e fail ] && echo 'shared/a.ts(1,1): error TS2322' && exit 2
while [ "$1" != --outDir ]; do shift; done
mkdir -p "$2/control-plane/cli" && cp source.js "$2/control-plane/cli/main.js"
`;
/** Stands for npm: writes its record of what is installed, as npm ci does. */
const FAKE_NPM = `
const fs = require('node:fs');
fs.appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n');
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
`;

describe('deploy/setup.mjs', () => {
  let root: string;
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  };
  const writeLock = (version: string) =>
    write(
      'package-lock.json',
      JSON.stringify({ packages: { '': {}, 'node_modules/a': { version } } }),
    );
  const setup = (args: string[] = [], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [join(root, 'deploy', 'setup.mjs'), ...args], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', npm_execpath: join(root, 'npm-cli.js'), ...env },
    });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'heartline-setup-'));
    for (const name of ['setup.mjs', 'setup', 'tsconfig.build.json']) {
      cpSync(join(deployDir, name), join(root, 'deploy', name), { recursive: true });
    }
    for (const folder of ['control-plane', 'dataplane', 'deploy/examples']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    write('tsconfig.json', '{}');
    write('shared/a.ts', '');
    write('source.js', 'first');
    write('node_modules/.bin/tsc', FAKE_TSC, 0o755);
    write('npm-cli.js', FAKE_NPM);
    writeLock('1.0.0');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const program = () => join(root, 'dist', 'control-plane', 'cli', 'main.js');

  it('installs and builds the first time, and says nothing the second time', () => {
    const first = setup();
    assert.equal(first.stdout, 'Installing packages ...\nBuilding ...\n');
    assert.match(readFileSync(join(root, 'npm.log'), 'utf8'), /^ci --ignore-scripts /);
    const second = setup();
    assert.deepEqual([second.status, second.stdout, second.stderr], [0, '', '']);
  });

  it('makes the program executable and gives npx a link to it', () => {
    setup();
    assert.equal(statSync(program()).mode & 0o777, 0o755);
    const link = join(root, 'node_modules', '.bin', 'heartline');
    assert.equal(readlinkSync(link), '../../dist/control-plane/cli/main.js');
  });

  it('builds again when a source changed', () => {
    setup();
    utimesSync(join(root, 'shared', 'a.ts'), 1, 1);
    assert.equal(setup().stdout, 'Building ...\n');
  });

  it('installs again when the lock file changed', () => {
    setup();
    writeLock('1.0.1');
    assert.equal(setup().stdout, 'Installing packages ...\n');
  });

  it('keeps the last good build when a build fails, and tries again the next time', () => {
    setup();
    utimesSync(join(root, 'shared', 'a.ts'), 1, 1);
    write('fail', '');
    write('source.js', 'second');
    const failed = setup();
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /TS2322/);
    assert.equal(readFileSync(program(), 'utf8'), 'first');
    rmSync(join(root, 'fail'));
    assert.equal(setup().status, 0);
    assert.equal(readFileSync(program(), 'utf8'), 'second');
  });

  it('names the system packages that tests miss, and goes on without them', () => {
    setup();
    const bin = join(root, 'bin');
    mkdirSync(bin);
    for (const command of ['curl', 'ip', 'jq', 'nft', 'ss'])
      symlinkSync('/bin/true', join(bin, command));
    const { status, stdout } = setup(['--test'], { PATH: bin });
    assert.equal(status, 0);
    assert.match(stdout, /Tests also use python3 \(Debian packages: python3\)\.\nNot installed/);
  });

  it('asks apt-get under CI, and goes on when it fails', () => {
    setup();
    const bin = join(root, 'bin');
    mkdirSync(bin);
    write('bin/apt-get', '#!/bin/sh\necho no network\nexit 100\n', 0o755);
    write('bin/sudo', '#!/bin/sh\nshift\nexec "$@"\n', 0o755);
    const { status, stderr } = setup(['--test'], { PATH: bin, CI: 'true' });
    assert.equal(status, 0);
    assert.match(stderr, /no network\nUpdating package lists: .* failed \(100\)/);
  });

  it('leaves no half-made build behind', () => {
    setup();
    assert.equal(existsSync(join(root, 'node_modules', '.heartline-dist')), false);
  });
});
