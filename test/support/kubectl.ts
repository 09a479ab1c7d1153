// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** One kubectl program of this machine. */
export interface Kubectl {
  readonly path: string;
  /** As it says itself, such as `v1.32.4`. */
  readonly version: string;
  readonly minor: number;
}

/** Older ones ask for OpenAPI v2 as protobuf, which is not served; Debian's package is 1.20. */
const OLDEST_MINOR = 29;
const NAME = 'kubectl';
const MISSING = `no kubectl 1.${OLDEST_MINOR} or newer on the PATH; install one from https://kubernetes.io/docs/tasks/tools (Debian's package is too old)`;

/**
 * The kubectl of the PATH, and those of other minor versions that lie beside its real file as `kubectl.1.NN`, as some
 * installers put them: the PATH's own first, then by version. Throws with what to install when the PATH has none that is new enough.
 */
export function findKubectls(): readonly [Kubectl, ...Kubectl[]] {
  const first = firstKubectl();
  if (first === undefined) throw new Error(MISSING);
  const others = siblingsOf(first.path)
    .flatMap(readKubectl)
    .sort((a, b) => a.minor - b.minor);
  return [first, ...others];
}

/** What to install, as the reason to skip a test; false when there is a kubectl. */
export function whyNoKubectl(): string | false {
  return firstKubectl() === undefined ? MISSING : false;
}

function firstKubectl(): Kubectl | undefined {
  for (const program of programsOnPath()) {
    const [found] = readKubectl(program);
    if (found !== undefined) return found;
  }
  return undefined;
}

function programsOnPath(): readonly string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, NAME)).filter(isProgram);
}

function siblingsOf(path: string): readonly string[] {
  const folder = dirname(realpathSync(path));
  return readdirSync(folder)
    .filter((name) => /^kubectl\.1\.\d+$/.test(name))
    .map((name) => join(folder, name))
    .filter(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not to be run by us.
    return false;
  }
}

/** Empty for one that is too old, or that is a program of another kind. */
function readKubectl(path: string): readonly Kubectl[] {
  const version = clientVersion(path);
  const minor = Number(/^v1\.(\d+)\./.exec(version)?.[1] ?? 0);
  return minor >= OLDEST_MINOR ? [{ path, version, minor }] : [];
}

function clientVersion(path: string): string {
  try {
    const text = execFileSync(path, ['version', '--client', '-o', 'json'], {
      encoding: 'utf8',
      timeout: 30_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = JSON.parse(text) as { readonly clientVersion?: { readonly gitVersion?: string } };
    return said.clientVersion?.gitVersion ?? '';
  } catch {
    // It cannot be run, or answers something else: no kubectl for us.
    return '';
  }
}
