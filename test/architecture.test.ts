// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { builtinModules } from 'node:module';
import { basename, dirname } from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../shared/process/package-root.js';
import { findCycles } from './architecture/cycles.js';
import * as house from './architecture/house.js';
import { type Export, lineAt, type SourceFile } from './architecture/source-file.js';
import { readSourceTree } from './architecture/source-tree.js';

const tree = readSourceTree(packageRoot(import.meta.url));
const sources = [...tree.sources.values()];
const isTest = (path: string) => path.endsWith('.test.ts') || path.startsWith('test/');
const products = sources.filter(({ path }) => !isTest(path));
const manifest = JSON.parse(tree.readText('package.json')) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};

/** Fails with one line per finding, so that a red run is a list of things to do. */
function assertNone(findings: readonly string[]): void {
  if (findings.length > 0) assert.fail(`\n${[...findings].sort().join('\n')}\n`);
}

/** `path:line: what` for each place where code (not comment, not string) matches. */
function findCode(files: readonly SourceFile[], pattern: RegExp, rule: string): string[] {
  return files.flatMap(({ path, code }) =>
    [...code.matchAll(pattern)].map(
      (match) => `${path}:${lineAt(code, match.index)}: ${match[0]}: ${rule}`,
    ),
  );
}

describe('imports', () => {
  it('keep their direction: planes import shared, shared imports nothing', () => {
    const findings = sources.flatMap(({ path, imports }) => {
      const home = Object.keys(house.MAY_IMPORT).find((folder) => path.startsWith(folder)) ?? '';
      // A unit test may drive its subject with what test/support offers.
      const support = path.endsWith('.test.ts') ? ['test/support/'] : [];
      const allowed = [home, ...(house.MAY_IMPORT[home] ?? []), ...support];
      return imports
        .filter(({ target }) => target && !allowed.some((folder) => target.startsWith(folder)))
        .map(({ line, target }) => `${path}:${line}: may not import ${target}`);
    });
    assertNone(findings);
  });

  it('have no cycles', () => {
    const graph = new Map(
      sources.map(({ path, imports }) => [
        path,
        imports.flatMap(({ target }) => (target === undefined ? [] : [target])),
      ]),
    );
    assertNone(findCycles(graph).map((cycle) => cycle.join(' -> ')));
  });

  it('never go through a file that only hands on', () => {
    const barrels = sources.filter(({ path }) => basename(path) === 'index.ts');
    const handed = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ isReExport, target }) => isReExport && target !== undefined)
        .map(({ line, specifier }) => `${path}:${line}: re-exports ${specifier}; import it there`),
    );
    assertNone([...handed, ...barrels.map(({ path }) => `${path}: index files are not used`)]);
  });

  it('leave the wiring to app.ts and main.ts', () => {
    const isWired = (target: string | undefined) =>
      target === 'shared/time/system-clock.ts' || (target && basename(target) === 'app.ts');
    const findings = products
      .filter(({ path }) => !house.WIRING.test(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => isWired(target))
          .map(({ line, target }) => `${path}:${line}: imports ${target}; take it as an argument`),
      );
    assertNone(findings);
  });
});

describe('pure files', () => {
  const pure = products.filter(
    ({ path }) => house.PURE.some((prefix) => path.startsWith(prefix)) && !(path in house.NOT_PURE),
  );

  it('import no socket, clock, disk, gRPC or store', () => {
    const findings = pure.flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => house.ACTING_MODULES.test(specifier))
        .map(
          ({ line, specifier }) => `${path}:${line}: imports ${specifier}, but the file is pure`,
        ),
    );
    assertNone(findings);
  });

  it('load no file that is not pure itself', () => {
    const paths = new Set(pure.map(({ path }) => path));
    const findings = pure.flatMap(({ path, imports }) =>
      imports
        .filter(({ target, isTypeOnly }) => target && !isTypeOnly && !paths.has(target))
        .map(({ line, target }) => `${path}:${line}: imports ${target}, which is not pure`),
    );
    assertNone(findings);
  });

  it('read no clock, no randomness, no process', () => {
    assertNone(findCode(pure, house.ACTING_CODE, 'the file is pure; take it as an argument'));
  });
});

describe('the lists of the house', () => {
  it('name files that exist', () => {
    const prefixes = [...house.PURE, ...Object.keys(house.NOT_PURE)];
    const stale = prefixes.filter(
      (prefix) => !products.some(({ path }) => path.startsWith(prefix)),
    );
    assertNone(stale.map((prefix) => `test/architecture/house.ts: no file begins with ${prefix}`));
  });
});

describe('the process', () => {
  it('is ended by main.ts alone', () => {
    const others = products.filter(({ path }) => basename(path) !== 'main.ts');
    assertNone(findCode(others, /\bprocess\.exit\b/g, 'only main.ts ends the process'));
  });
});

describe('exports', () => {
  it('are named', () => {
    const findings = sources.flatMap(({ path, exports }) =>
      exports
        .filter(({ name }) => name === 'default')
        .map(({ line }) => `${path}:${line}: default export`),
    );
    assertNone(findings);
  });

  it('are used by another file', () => {
    const used = new Map<string, Set<string>>();
    for (const { imports } of sources) {
      for (const { target, names } of imports) {
        if (target === undefined) continue;
        used.set(target, new Set([...(used.get(target) ?? []), ...names]));
      }
    }
    // A type that the file's own signatures speak of is part of what those promise.
    const isSpokenOf = ({ code }: SourceFile, { name, isType }: Export) =>
      isType && (code.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0) > 1;
    const isUsed = (file: SourceFile, item: Export) =>
      used.get(file.path)?.has('*') ||
      used.get(file.path)?.has(item.name) ||
      `${file.path}#${item.name}` in house.USED_FROM_OUTSIDE ||
      isSpokenOf(file, item);
    const findings = sources.flatMap((file) =>
      file.exports
        .filter((item) => !isUsed(file, item))
        .map(({ line, name }) => `${file.path}:${line}: nobody imports ${name}`),
    );
    assertNone(findings);
  });
});

describe('dependencies', () => {
  const packageOf = (specifier: string) =>
    specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
  const isPackage = (specifier: string) =>
    !specifier.startsWith('.') && !specifier.startsWith('node:');
  const { dependencies, devDependencies, peerDependencies } = manifest;

  it('are declared where they are used', () => {
    const findings = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => isPackage(specifier))
        .filter(({ specifier }) => {
          const name = packageOf(specifier);
          if (house.OPTIONAL_PEERS[name] === path) return !(name in peerDependencies);
          return !(name in dependencies) && !(isTest(path) && name in devDependencies);
        })
        .map(({ line, specifier }) =>
          builtinModules.includes(specifier)
            ? `${path}:${line}: write node:${specifier}`
            : `${path}:${line}: ${specifier} is not among the dependencies of package.json`,
        ),
    );
    assertNone(findings);
  });

  it('are all used', () => {
    const imported = new Set(
      sources.flatMap(({ imports }) => imports.map(({ specifier }) => packageOf(specifier))),
    );
    const typed = (name: string) => name.startsWith('@types/');
    const declared = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
    const unused = declared
      .filter((name) => !imported.has(name) && !typed(name) && !(name in house.USED_WITHOUT_IMPORT))
      .map((name) => `package.json: ${name} is imported nowhere`);
    const typedForNothing = declared
      .filter((name) => typed(name) && name !== '@types/node')
      .filter((name) => !imported.has(name.slice('@types/'.length)))
      .map((name) => `package.json: ${name} types a package that is imported nowhere`);
    assertNone([...unused, ...typedForNothing]);
  });
});

describe('files', () => {
  it('start with their licence', () => {
    const isCode = (path: string) => /\.(?:ts|mjs|js|proto|py|c)$/.test(path);
    const isMarked = (path: string) =>
      /^(?:#!.*\n)?(?:\/\/|#|\/\*) SPDX-License-Identifier: Apache-2\.0\b/.test(
        tree.readText(path),
      );
    const findings = tree.files
      .filter((path) => isCode(path) && !isMarked(path))
      .map((path) => `${path}:1: the SPDX line is missing`);
    assertNone(findings);
  });

  it('hold one idea', () => {
    const findings = products
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > house.MAX_LINES)
      .map(
        ({ path, lines }) =>
          `${path}: ${lines} lines; past ${house.MAX_LINES} there is a second idea`,
      );
    assertNone(findings);
  });
});

describe('probes', () => {
  it('say what they wait for: see eventually', () => {
    const silent =
      /\beventually\(\s*(?:async )?\(\) =>\s*assert\.ok\((?:[^(),]|\((?:[^()]|\([^()]*\))*\))*\)/g;
    assertNone(findCode(sources, silent, 'give assert.ok a message'));
  });
});

describe('folders', () => {
  it('at the top level are the agreed ones', () => {
    const top = [...tree.files, ...tree.folders].filter((path) => !path.includes('/'));
    const findings = top
      .filter((path) => !path.startsWith('.') && !house.TOP_LEVEL.includes(path))
      .map((path) => `${path}: not an entry of the top level`);
    assertNone(findings);
  });

  it('say what they are in a README', () => {
    const isRoom = (path: string) => /^(?:control-plane|dataplane|shared)\/[^/]+$/.test(path);
    const findings = tree.folders
      .filter((path) => !path.startsWith('.') && (!path.includes('/') || isRoom(path)))
      .filter((path) => !tree.files.includes(`${path}/README.md`))
      .map((path) => `${path}: README.md is missing`);
    assertNone(findings);
  });

  it('have names that say what is inside', () => {
    const vague = tree.folders
      .filter((path) => house.VAGUE_FOLDER.test(basename(path)))
      .map((path) => `${path}: name the folder after its idea`);
    const loose = tree.files
      .filter((path) => dirname(path) === 'shared' && basename(path) !== 'README.md')
      .map((path) => `${path}: no file lives directly in shared/; give it a room`);
    assertNone([...vague, ...loose]);
  });
});
