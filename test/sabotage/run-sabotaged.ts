// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../shared/process/package-root.js';
import type { Sabotage } from './sabotages.js';

const ROOT = packageRoot(import.meta.url);
const HOOK = new URL('./hook.mjs', import.meta.url).href;
/** Enough for what does come in these tests. */
const PATIENCE_MS = 4000;
const LIMIT_MS = 45_000;

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Whether any process of the test loaded the broken file. */
  readonly isLoaded: boolean;
  readonly output: string;
}

export function readSource(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/**
 * Runs the tests with these names from one file in a process of its own, with one text of one source file replaced in
 * that process and in all that it starts. Nothing is written to the sources.
 */
export async function runTests(
  file: string,
  names: readonly string[],
  sabotage?: Sabotage,
): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-sabotage-'));
  const [tallyFile, loadedFile] = [join(directory, 'tally'), join(directory, 'loaded')];
  try {
    const output = await runNode(
      [
        ...['--import', 'tsx'],
        ...names.map((name) => `--test-name-pattern=^${escapePattern(name)}$`),
        ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
        `--test-reporter=${join(ROOT, 'test', 'tally-reporter.mjs')}`,
        `--test-reporter-destination=${tallyFile}`,
        join(ROOT, file),
      ],
      sabotage === undefined ? {} : environmentOf(sabotage, loadedFile),
    );
    const tally = existsSync(tallyFile) ? readFileSync(tallyFile, 'utf8') : '';
    const { passed = 0, failed = 0 } = tally === '' ? {} : (JSON.parse(tally) as Partial<Outcome>);
    return { passed, failed, isLoaded: existsSync(loadedFile), output };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function environmentOf({ file, from, to }: Sabotage, loadedFile: string): NodeJS.ProcessEnv {
  const url = pathToFileURL(join(ROOT, file)).href;
  return {
    // Read before the command line: the hook is there before that of tsx, which is then given the broken text.
    NODE_OPTIONS: `--import=${HOOK}`,
    HEARTLINE_TEST_SABOTAGE: JSON.stringify({ url, from, to, loadedFile }),
    HEARTLINE_TEST_PATIENCE_MS: String(PATIENCE_MS),
  };
}

function runNode(args: readonly string[], more: NodeJS.ProcessEnv): Promise<string> {
  // Without the variable by which a test runner tells its children that they are children.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk));
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    child.once('close', () => {
      clearTimeout(timer);
      resolve(output);
    });
  });
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
