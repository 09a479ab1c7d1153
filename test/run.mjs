// SPDX-License-Identifier: Apache-2.0
// Runs the tests on the sources, with Node's own test runner, or a benchmark as compiled JavaScript: what users run.
//   node test/run.mjs [unit | integration | all] [part of a path ...] [--option of node --test ...]
//   node test/run.mjs bench [NAME [argument ...]]
// Under CI=true a skipped test fails the run: what was not run was not proven.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const benchDir = join(root, 'test', 'bench');
const benchOut = join(root, '.bench');
const NOT_SOURCES = new Set(['node_modules', 'dist', 'gen']);

/** A test that hangs fails after timeoutMs; the limits are far from what a slow machine needs. */
const SUITES = {
  unit: { concurrency: availableParallelism(), timeoutMs: 180_000, isBatched: true },
  integration: { concurrency: 2, timeoutMs: 300_000, isBatched: false },
  // One at a time: each of these runs a whole fleet and measures it.
  e2e: { concurrency: 1, timeoutMs: 480_000, isBatched: false },
};
const SUITE_OF_FOLDER = {
  'test/integration/': 'integration',
  'test/conformance/': 'integration',
  'test/compat/': 'integration',
  'test/sabotage/': 'integration',
  'test/e2e/': 'e2e',
  'test/bench/': undefined,
};
const SUITES_OF_COMMAND = {
  unit: ['unit'],
  integration: ['integration', 'e2e'],
  all: ['unit', 'integration', 'e2e'],
};

/** Paths of test files relative to the project, sorted. */
function findTests(folder = '') {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((item) => {
      const path = `${folder}${item.name}`;
      if (!item.isDirectory()) return path.endsWith('.test.ts') ? [path] : [];
      return item.name.startsWith('.') || NOT_SOURCES.has(item.name) ? [] : findTests(`${path}/`);
    })
    .sort();
}

function suiteOf(path) {
  const folder = Object.keys(SUITE_OF_FOLDER).find((prefix) => path.startsWith(prefix));
  return folder === undefined ? 'unit' : SUITE_OF_FOLDER[folder];
}

/** Parts of about the same size, the largest file dealt first: nobody waits long for the other process. */
function dealBySize(paths, count) {
  const parts = Array.from({ length: count }, () => ({ bytes: 0, paths: [] }));
  const files = paths.map((path) => ({ path, bytes: statSync(join(root, path)).size }));
  for (const { path, bytes } of files.sort((a, b) => b.bytes - a.bytes)) {
    const part = parts.reduce((least, one) => (one.bytes < least.bytes ? one : least));
    part.bytes += bytes;
    part.paths.push(path);
  }
  return parts.map((part) => part.paths.sort());
}

/**
 * Starting a process per file costs half a second; so unit tests share one process per core, each importing its part of the files.
 * A hook outside of every describe would reach the neighbours' tests: a file with one gets a process of its own.
 */
function writeBatches(paths, count, dir) {
  const hasOwnHooks = (path) =>
    /^(?:before|after)(?:Each)?\(/m.test(readFileSync(join(root, path), 'utf8'));
  const shared = paths.filter((path) => !hasOwnHooks(path));
  const batchFiles = dealBySize(shared, count)
    .filter((batch) => batch.length > 0)
    .map((batch, index) => {
      const file = join(dir, `batch-${index + 1}.mjs`);
      const lines = batch.map((path) => `import '${pathToFileURL(join(root, path)).href}';\n`);
      writeFileSync(file, lines.join(''));
      return file;
    });
  return [...batchFiles, ...paths.filter(hasOwnHooks)];
}

function run(file, args) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, stdio: 'inherit' });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function runSuite(name, paths, options) {
  const { concurrency, timeoutMs, isBatched } = SUITES[name];
  const dir = mkdtempSync(join(tmpdir(), 'heartline-test-'));
  try {
    const startedMs = performance.now();
    const tallyFile = join(dir, 'tally.json');
    const files = isBatched ? writeBatches(paths, concurrency, dir) : paths;
    const code = await run(process.execPath, [
      ...['--import', 'tsx', '--test'],
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${timeoutMs}`,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      `--test-reporter=${join(root, 'test', 'tally-reporter.mjs')}`,
      `--test-reporter-destination=${tallyFile}`,
      ...options,
      ...files,
    ]);
    const tally = existsSync(tallyFile) ? readFileSync(tallyFile, 'utf8') : '';
    const seconds = (performance.now() - startedMs) / 1000;
    return { name, code, seconds, ...(tally === '' ? undefined : JSON.parse(tally)) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function renderResult({ name, code, seconds, passed = 0, failed = 0, skipped = [] }) {
  const verdict = code === 0 ? 'ok' : 'FAILED';
  const counts = `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
  const reasons = skipped.map((test) => `\n  skipped: ${test.name}: ${test.reason}`);
  return `${name}: ${verdict}: ${counts} in ${seconds.toFixed(1)} s${reasons.join('')}`;
}

async function runTests(suiteNames, args) {
  const options = args.filter((arg) => arg.startsWith('-'));
  const parts = args.filter((arg) => !arg.startsWith('-'));
  const isWanted = (path) => parts.length === 0 || parts.some((part) => path.includes(part));
  const tests = findTests().filter(isWanted);
  const results = [];
  for (const name of suiteNames) {
    const paths = tests.filter((path) => suiteOf(path) === name);
    if (paths.length > 0) results.push(await runSuite(name, paths, options));
  }
  if (results.length === 0) {
    console.error(`no test file matches ${parts.join(' ') || suiteNames.join(' ')}`);
    return 1;
  }
  for (const result of results) console.log(renderResult(result));
  const isSkipAllowed = process.env.CI !== 'true';
  const isGood = ({ code, skipped = [] }) => code === 0 && (isSkipAllowed || skipped.length === 0);
  return results.every(isGood) ? 0 : 1;
}

function listBenches() {
  if (!existsSync(benchDir)) return [];
  return readdirSync(benchDir)
    .map((item) => (existsSync(join(benchDir, item, 'main.ts')) ? item : item.replace(/\.ts$/, '')))
    .filter((name) => benchFile(name) !== undefined)
    .sort();
}

function benchFile(name) {
  return [join(benchDir, name, 'main.ts'), join(benchDir, `${name}.ts`)].find(existsSync);
}

/** tsx gives every function its name at run time, which costs hot paths a third of their speed. */
function compileBenches() {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  return run(tsc, [
    '-p',
    root,
    '--noEmit',
    'false',
    '--outDir',
    benchOut,
    '--declaration',
    'false',
  ]);
}

function runBuilt(file, args) {
  return run(process.execPath, [
    join(benchOut, relative(root, file).replace(/\.ts$/, '.js')),
    ...args,
  ]);
}

async function runBench([name, ...args]) {
  const file = name === undefined ? undefined : benchFile(name);
  if (file !== undefined) return (await compileBenches()) || runBuilt(file, args);
  if (name !== undefined) console.error(`no benchmark "${name}"`);
  console.log(`benchmarks: ${listBenches().join(' ') || 'none yet'}`);
  return name === undefined ? 0 : 64;
}

const [command = 'all', ...args] = process.argv.slice(2);
if (command === 'bench') {
  process.exitCode = await runBench(args);
} else if (Object.hasOwn(SUITES_OF_COMMAND, command)) {
  process.exitCode = await runTests(SUITES_OF_COMMAND[command], args);
} else {
  console.error(`"${command}" is none of: unit, integration, all, bench`);
  process.exitCode = 64;
}
