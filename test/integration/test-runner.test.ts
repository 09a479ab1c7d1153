// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { packageRoot } from '../../shared/process/package-root.js';

const HEAD = "import { it } from 'node:test';\n";
const FILES = {
  'shared/good.test.ts': `${HEAD}it('good', () => {});\n`,
  'test/integration/skipped.test.ts': `${HEAD}it('with jq', { skip: 'jq is not installed' }, () => {});\n`,
  'test/e2e/bad.test.ts': `${HEAD}it('bad', () => { throw new Error('it is bad'); });\n`,
  'test/bench/swap/main.ts': 'console.log(process.argv.slice(2).join());\n',
  'tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'NodeNext', target: 'ES2022', rootDir: '.', types: ['node'] },
    include: ['test/bench'],
  }),
};

describe('test/run.mjs', () => {
  const own = packageRoot(import.meta.url);
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'heartline-run-'));
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    for (const name of ['run.mjs', 'tally-reporter.mjs']) {
      cpSync(join(own, 'test', name), join(root, 'test', name));
    }
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    symlinkSync(join(own, 'node_modules'), join(root, 'node_modules'));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  /** Without the variable by which a test runner tells its children that they are children. */
  const run = (args: string[], ci = '') => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const options = { encoding: 'utf8', env: { ...env, CI: ci } } as const;
    return spawnSync(process.execPath, [join(root, 'test', 'run.mjs'), ...args], options);
  };

  const cases: readonly { args: string[]; ci?: string; status: number; says: RegExp }[] = [
    { args: ['unit'], status: 0, says: /^unit: ok: 1 passed, 0 failed, 0 skipped in / },
    {
      args: ['integration', 'skipped'],
      status: 0,
      says: /0 passed, 0 failed, 1 skipped .*\n {2}skipped: with jq: jq is not installed/,
    },
    { args: ['integration', 'skipped'], ci: 'true', status: 1, says: /1 skipped/ },
    { args: ['all', 'bad'], status: 1, says: /^e2e: FAILED: 0 passed, 1 failed/ },
    { args: ['unit', 'nowhere'], status: 1, says: /no test file matches nowhere/ },
    { args: ['bench'], status: 0, says: /^benchmarks: swap$/ },
    { args: ['bench', 'swap', '--sockets', '9'], status: 0, says: /^--sockets,9$/ },
    { args: ['bench', 'swop'], status: 64, says: /no benchmark "swop"/ },
    { args: ['unti'], status: 64, says: /"unti" is none of/ },
  ];
  for (const { args, ci, status, says } of cases) {
    it(`${args.join(' ')}${ci ? ' under CI' : ''} ends with ${status}`, () => {
      const ran = run(args, ci);
      assert.equal(ran.status, status, ran.stdout + ran.stderr);
      assert.match(ran.stdout + ran.stderr, new RegExp(says.source, 'm'));
    });
  }
});
