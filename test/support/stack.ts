// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { findPortOffset } from './free-ports.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Absolute, because `--import` resolves from the working directory of the process. */
const TSX = import.meta.resolve('tsx');
/** From sources in tests, compiled in benchmarks. */
const MAIN = join(ROOT, `control-plane/cli/main${extname(import.meta.url)}`);

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A whole `heartline up` from sources: real processes, own data dir, own ports. */
export interface Stack {
  readonly dataDir: string;
  readonly offset: number;
  /** 127.0.0.1 port of a service that `heartline up` serves on `base`. */
  port(base: number): number;
  /** Runs the program with this stack's kubeconfig. */
  heartline(...args: readonly string[]): Promise<CommandResult>;
  /** Everything `up` has printed so far. */
  output(): string;
  /** Process id of a child by a part of its command line, e.g. `dataplane/main`. */
  childPid(commandPart: string): number;
  readonly up: ChildProcess;
  /** Interrupts `up` as Ctrl-C does, waits for its end, and removes the data dir. */
  stop(): Promise<CommandResult>;
}

export async function startStack(extraArgs: readonly string[] = []): Promise<Stack> {
  const offset = await findPortOffset();
  const dataDir = mkdtempSync(join(tmpdir(), 'heartline-e2e-'));
  const args = ['up', '--data-dir', dataDir, '--port-offset', String(offset), ...extraArgs];
  const up = spawn(process.execPath, ['--import', TSX, MAIN, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  up.stdout.on('data', (chunk: Buffer) => (text += chunk));
  up.stderr.on('data', (chunk: Buffer) => (text += chunk));
  const ended = new Promise<number | null>((resolve) => up.once('exit', resolve));

  const stack: Stack = {
    dataDir,
    offset,
    up,
    port: (base) => base + offset,
    heartline: (...command) =>
      runHeartline([...command], { HEARTLINE_KUBECONFIG: join(dataDir, 'kubeconfig') }),
    output: () => text,
    childPid: (part) => findChild(up.pid ?? 0, part),
    async stop() {
      if (up.exitCode === null && up.signalCode === null) up.kill('SIGINT');
      const code = await ended;
      rmSync(dataDir, { recursive: true, force: true });
      return { code, stdout: text, stderr: '' };
    },
  };
  try {
    await Promise.race([
      eventually(() => assertServing(stack), { deadlineMs: 60_000 }),
      ended.then((code) => Promise.reject(new Error(`up ended with ${code}`))),
    ]);
  } catch (error) {
    await stack.stop();
    throw new Error(`heartline up did not come up:\n${text}`, { cause: error });
  }
  return stack;
}

async function assertServing(stack: Stack): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${stack.port(8080)}/get`);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`the sample answers ${response.status}`);
}

/** Runs the program from sources and collects what it prints. */
export function runHeartline(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd: string = ROOT,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', TSX, MAIN, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function findChild(parentPid: number, commandPart: string): number {
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (Number(parent) !== parentPid) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (command.includes(commandPart)) return pid;
    } catch {
      // The process ended while it was being looked at.
    }
  }
  throw new Error(`no child of ${parentPid} runs ${commandPart}`);
}
