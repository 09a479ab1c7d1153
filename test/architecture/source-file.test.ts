// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCycles } from './cycles.js';
import { parseSource } from './source-file.js';

describe('parseSource', () => {
  const imports: readonly { code: string; target: string | undefined; names: string[] }[] = [
    { code: "import { a, type b as c } from './x.js';", target: 'f/x.ts', names: ['a', 'b'] },
    { code: "import {\n  a,\n} from '../g/x.js';", target: 'g/x.ts', names: ['a'] },
    { code: "import type { A } from './x.js';", target: 'f/x.ts', names: ['A'] },
    { code: "import * as x from './x.js';", target: 'f/x.ts', names: ['*'] },
    { code: "import x, { y } from 'pkg';", target: undefined, names: ['default', 'y'] },
    { code: "import './x.js';", target: 'f/x.ts', names: [] },
    { code: "const x = await import('./x.js');", target: 'f/x.ts', names: ['*'] },
    { code: "export { a } from './x.js';", target: 'f/x.ts', names: ['a'] },
  ];
  for (const { code, target, names } of imports) {
    it(`reads ${JSON.stringify(code)}`, () => {
      const [found, ...more] = parseSource('f/own.ts', code).imports;
      assert.deepEqual([found?.target, found?.names, more], [target, names, []]);
    });
  }

  it('does not see an import in a comment or a string', () => {
    const text =
      "// import { a } from './x.js';\n/*\nimport './x.js';\n*/\nconst s = `import('./x.js')`;\n";
    const [first] = parseSource('f/own.ts', text).imports;
    assert.equal(first, undefined);
  });

  it('blanks comments and strings, but no code beside a regular expression that holds a quote', () => {
    const { code } = parseSource(
      'f/own.ts',
      `const q = /['"]/; // Date.now\nprocess.exit('Date.now');`,
    );
    assert.match(code, /process\.exit\('\s+'\)/);
    assert.doesNotMatch(code, /Date\.now/);
  });

  it('reads exports with their lines', () => {
    const text =
      'export const a = 1;\nexport interface B {}\nexport async function c() {}\nexport { d, type E };\nexport default 1;\n';
    assert.deepEqual(
      parseSource('f/own.ts', text).exports.map(({ line, name, isType }) => [line, name, isType]),
      [
        [1, 'a', false],
        [2, 'B', true],
        [3, 'c', false],
        [5, 'default', false],
        [4, 'd', false],
        [4, 'E', true],
      ],
    );
  });
});

describe('findCycles', () => {
  it('gives each cycle once, and none for a diamond', () => {
    const graph = new Map([
      ['a', ['b', 'c']],
      ['b', ['d']],
      ['c', ['d']],
      ['d', ['b']],
    ]);
    assert.deepEqual(findCycles(graph), [['b', 'd', 'b']]);
  });
});
