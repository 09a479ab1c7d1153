// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertGeneratedBlock } from '../support/generated-block.js';
import { readSource, runTests } from './run-sabotaged.js';
import { SABOTAGES } from './sabotages.js';

const README = fileURLToPath(new URL('./README.md', import.meta.url));
const concurrency = Math.max(2, availableParallelism());

/** Test file to the names that are asked of it. */
const namesByFile = new Map<string, Set<string>>();
for (const { test } of SABOTAGES) {
  const names = namesByFile.get(test.file) ?? new Set();
  namesByFile.set(test.file, names.add(test.name));
}

describe('without sabotage', { concurrency }, () => {
  for (const [file, names] of namesByFile) {
    it(`${file} passes`, async () => {
      const { passed, failed, output } = await runTests(file, [...names]);
      assert.deepEqual({ passed, failed }, { passed: names.size, failed: 0 }, output);
    });
  }
});

describe('with sabotage a test turns red', { concurrency }, () => {
  for (const sabotage of SABOTAGES) {
    it(sabotage.breaks, async () => {
      const { file, from, test } = sabotage;
      const found = readSource(file).split(from).length - 1;
      assert.equal(found, 1, `${file} has the replaced text ${found} times: ${from}`);
      const { passed, failed, isLoaded, output } = await runTests(test.file, [test.name], sabotage);
      assert.ok(isLoaded, `${test.file} does not load ${file}`);
      assert.equal(passed, 0, `"${test.name}" does not notice:\n${output}`);
      assert.ok(failed > 0, output);
    });
  }
});

describe('the README', () => {
  it('has the table of what is broken, and who notices', () => {
    const rows = SABOTAGES.map(
      ({ breaks, file, test }) => `| ${breaks} | \`${file}\` | \`${test.file}\`: ${test.name} |`,
    );
    const head = '| what would not hold | broken in | the test that turns red |\n|---|---|---|\n';
    assertGeneratedBlock(README, 'sabotages', head + rows.join('\n'));
  });
});
