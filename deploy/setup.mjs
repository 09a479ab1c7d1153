// SPDX-License-Identifier: Apache-2.0
// Makes a clone runnable: `npm start` and `npm test` run it first. Says nothing and takes well under a second when nothing changed.
// Plain JavaScript on Node's own modules only: it runs before anything is installed.
//   --test   also looks for the system packages that tests need
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runStep, SetupError } from './setup/step.mjs';
import { installTestTools } from './setup/test-tools.mjs';

/** EX_UNAVAILABLE of sysexits.h. */
const EXIT_UNAVAILABLE = 69;
const OLDEST_NODE = { major: 20, minor: 19 };

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modulesDir = join(root, 'node_modules');
const distDir = join(root, 'dist');
/** tsc writes here; it becomes dist/ in one step, so that a failed build leaves the last good one. */
const newDistDir = join(modulesDir, '.heartline-dist');
/** Fingerprint of the sources that dist/ was built from; in node_modules, so that a new install builds again. */
const buildStamp = join(modulesDir, '.heartline-build');
const buildConfig = join('deploy', 'tsconfig.build.json');
const buildInputs = ['shared', 'control-plane', 'dataplane', join('deploy', 'examples')];
const entry = join('control-plane', 'cli', 'main.js');
const entryLink = join(modulesDir, '.bin', 'heartline');
const entryLinkTarget = join('..', '..', 'dist', entry);

function checkPlatform() {
  if (process.platform !== 'linux') {
    const text = `Heartline runs on Linux only; this is ${process.platform}.`;
    throw new SetupError(text, EXIT_UNAVAILABLE);
  }
  const { major, minor } = OLDEST_NODE;
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  const text = `Heartline needs Node ${major}.${minor} or newer; this is ${process.versions.node}.`;
  throw new SetupError(text, EXIT_UNAVAILABLE);
}

async function install() {
  if (isInstalled()) return;
  const npmScript = process.env.npm_execpath;
  const npm = npmScript?.endsWith('npm-cli.js') ? [process.execPath, npmScript] : ['npm'];
  // Install scripts stay off: every binary comes inside a package. Dev packages are in, also under NODE_ENV=production.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
  await runStep('Installing packages', [...npm, ...args], { cwd: root });
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

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Absent or torn: both mean "not installed".
    return undefined;
  }
}

async function build() {
  const fingerprint = fingerprintSources();
  if (isBuilt(fingerprint)) return;
  rmSync(newDistDir, { recursive: true, force: true });
  const tsc = join(modulesDir, '.bin', 'tsc');
  const args = ['-p', buildConfig, '--outDir', newDistDir, '--pretty', 'false'];
  await runStep('Building', [tsc, ...args], { cwd: root });
  // tsc writes 0644; npx would answer "Permission denied".
  chmodSync(join(newDistDir, entry), 0o755);
  rmSync(distDir, { recursive: true, force: true });
  renameSync(newDistDir, distDir);
  writeFileSync(buildStamp, fingerprint);
}

function isBuilt(fingerprint) {
  return (
    existsSync(join(distDir, entry)) &&
    existsSync(buildStamp) &&
    readFileSync(buildStamp, 'utf8') === fingerprint
  );
}

/** From times and sizes alone: a tenth of a second is all a second start may cost. */
function fingerprintSources() {
  const sources = buildInputs.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(folder, path)),
  );
  const hash = createHash('sha256');
  for (const path of ['tsconfig.json', buildConfig, ...sources.sort()]) {
    const { mtimeMs, size } = statSync(join(root, path));
    hash.update(`${path}\0${mtimeMs}\0${size}\n`);
  }
  return hash.digest('hex');
}

/** npx finds the project's own program under node_modules/.bin; npm ci does not put it there. */
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

try {
  checkPlatform();
  await install();
  await build();
  linkEntry();
  if (process.argv.includes('--test')) await installTestTools({ cwd: root });
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
