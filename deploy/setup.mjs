// SPDX-License-Identifier: Apache-2.0
// Makes a clone runnable: `npm start` and `npm test` run it first. Says nothing and takes well under a second when nothing changed.
// Plain JavaScript on Node's own modules only: it runs before anything is installed.
//   --test   also looks for the system packages that tests need
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

const EXIT_UNAVAILABLE = 69;
const OLDEST_NODE = [20, 19];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modulesDir = join(root, 'node_modules');
const distDir = join(root, 'dist');
const entry = join(distDir, 'control-plane', 'cli', 'main.js');
const entryLink = join(modulesDir, '.bin', 'heartline');
const entryLinkTarget = join('..', '..', 'dist', 'control-plane', 'cli', 'main.js');
/** Fingerprint of the sources that dist/ was built from; in node_modules, so that a new install builds again. */
const buildStamp = join(modulesDir, '.heartline-build');
const BUILD_CONFIG = join('deploy', 'tsconfig.build.json');
const BUILD_INPUTS = ['shared', 'control-plane', 'dataplane', join('deploy', 'examples')];

/** Commands that tests call, and the Debian package of each. Benchmarks also need gcc; they say so themselves. */
const TEST_TOOLS = [
  { command: 'python3', aptPackage: 'python3' },
  { command: 'ss', aptPackage: 'iproute2' },
  { command: 'ip', aptPackage: 'iproute2' },
  { command: 'jq', aptPackage: 'jq' },
  { command: 'curl', aptPackage: 'curl' },
];

class SetupError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

function checkPlatform() {
  if (process.platform !== 'linux') {
    const text = `Heartline runs on Linux only; this is ${process.platform}.`;
    throw new SetupError(text, EXIT_UNAVAILABLE);
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  const text = `Heartline needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`;
  throw new SetupError(text, EXIT_UNAVAILABLE);
}

/** Runs a command in the project. Shows the seconds on a terminal; its output only when it fails. */
async function runStep(title, command, args, env = process.env) {
  const startedMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedMs) / 1000);
  const isTerminal = process.stdout.isTTY;
  process.stdout.write(isTerminal ? `${title} ...` : `${title} ...\n`);
  const ticker = isTerminal
    ? setInterval(() => process.stdout.write(`\r${title} ... ${seconds()} s`), 1000)
    : undefined;
  const { code, output } = await collect(command, args, env);
  clearInterval(ticker);
  if (isTerminal) process.stdout.write(`\r${title} ... ${seconds()} s\n`);
  if (code !== 0) {
    throw new SetupError(`${output.trimEnd()}\n${title}: ${command} failed (${code}).`);
  }
}

function collect(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: error.code, output: error.message }));
    child.on('close', (code, signal) =>
      resolve({ code: code ?? signal, output: Buffer.concat(chunks).toString() }),
    );
  });
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Absent or torn: both mean "not installed".
    return undefined;
  }
}

/** npm writes down what it installed when it is done; that record against the lock file tells whether an install is due. */
function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  const actual = readJson(join(modulesDir, '.package-lock.json'))?.packages;
  if (actual === undefined) return false;
  const isSame = ([path, { version, optional }]) =>
    path === '' || actual[path]?.version === version || (optional && !(path in actual));
  return (
    Object.entries(wanted).every(isSame) && Object.keys(actual).every((path) => path in wanted)
  );
}

async function install() {
  if (isInstalled()) return;
  // Install scripts stay off: every binary comes inside a package. Dev packages are in, also under NODE_ENV=production.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('npm-cli.js')) {
    await runStep('Installing packages', process.execPath, [npm, ...args]);
  } else {
    await runStep('Installing packages', 'npm', args);
  }
}

function fingerprintSources() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { mtimeMs, size } = statSync(join(root, path));
    hash.update(`${path}\0${mtimeMs}\0${size}\n`);
  };
  add('tsconfig.json');
  add(BUILD_CONFIG);
  for (const folder of BUILD_INPUTS) {
    const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const path of paths.sort()) if (path.endsWith('.ts')) add(join(folder, path));
  }
  return hash.digest('hex');
}

function isBuilt(fingerprint) {
  return (
    existsSync(entry) && existsSync(buildStamp) && readFileSync(buildStamp, 'utf8') === fingerprint
  );
}

async function build() {
  const fingerprint = fingerprintSources();
  if (!isBuilt(fingerprint)) {
    rmSync(buildStamp, { force: true });
    rmSync(distDir, { recursive: true, force: true });
    const tsc = join(modulesDir, '.bin', 'tsc');
    await runStep('Building', tsc, ['-p', BUILD_CONFIG, '--pretty', 'false']);
    if (!existsSync(entry)) throw new SetupError(`The build wrote no ${entry}.`);
    // tsc writes 0644; npx would answer "Permission denied".
    chmodSync(entry, 0o755);
    writeFileSync(buildStamp, fingerprint);
  }
  linkEntry();
}

/** npx finds the program of the project itself under node_modules/.bin; npm ci does not put it there. */
function linkEntry() {
  if (linkTarget(entryLink) === entryLinkTarget) return;
  rmSync(entryLink, { force: true });
  mkdirSync(dirname(entryLink), { recursive: true });
  symlinkSync(entryLinkTarget, entryLink);
}

function linkTarget(path) {
  try {
    return readlinkSync(path);
  } catch {
    // Absent, or not a link: it is made anew.
    return undefined;
  }
}

function isOnPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, command), constants.X_OK);
      return true;
    } catch {
      // Not in this directory.
      return false;
    }
  });
}

async function mayUseApt(packages) {
  if (!isOnPath('apt-get')) return false;
  if (process.env.CI === 'true' || process.env.HEARTLINE_APT === '1') return true;
  if (!process.stdin.isTTY) return process.getuid() === 0;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(`Install ${packages.join(' ')} with apt-get? [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Never fails: without a tool the tests that need it are skipped with the reason (and CI fails on the skip). */
async function installTestTools() {
  const missing = TEST_TOOLS.filter(({ command }) => !isOnPath(command));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ aptPackage }) => aptPackage))].sort();
  const commands = missing.map(({ command }) => command).join(', ');
  console.log(`Tests also use ${commands} (Debian packages: ${packages.join(' ')}).`);
  if (!(await mayUseApt(packages))) {
    console.log('Not installed; tests that need them are skipped.');
    return;
  }
  const prefix = process.getuid() === 0 ? [] : ['sudo', '-n'];
  const apt = (...args) => [...prefix, 'apt-get', ...args];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    const [updater, ...update] = apt('update');
    await runStep('Updating package lists', updater, update, env);
    const [installer, ...add] = apt('install', '-y', '--no-install-recommends', ...packages);
    await runStep(`Installing ${packages.join(' ')}`, installer, add, env);
  } catch (error) {
    console.error(`${error.message}\nTests that need ${commands} are skipped.`);
  }
}

try {
  checkPlatform();
  await install();
  await build();
  if (process.argv.includes('--test')) await installTestTools();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
