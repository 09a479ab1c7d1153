// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';

/** What the user is told instead of a stack; the exit code of the process. */
export class SetupError extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a command; shows the seconds on a terminal, and the command's own output only when it fails. */
export async function runStep(title, [command, ...args], { cwd, env = process.env }) {
  const startedMs = Date.now();
  const elapsed = () => `${title} ... ${Math.round((Date.now() - startedMs) / 1000)} s`;
  const isTerminal = process.stdout.isTTY;
  process.stdout.write(isTerminal ? `${title} ...` : `${title} ...\n`);
  const show = () => process.stdout.write(`\r${elapsed()}`);
  const ticker = isTerminal ? setInterval(show, 1000) : undefined;
  const { code, output } = await collect(command, args, { cwd, env });
  clearInterval(ticker);
  if (isTerminal) process.stdout.write(`\r${elapsed()}\n`);
  if (code !== 0) {
    throw new SetupError(`${output.trimEnd()}\n${title}: ${command} failed (${code}).`);
  }
}

function collect(command, args, { cwd, env }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: error.code, output: error.message }));
    child.on('close', (code, signal) =>
      resolve({ code: code ?? signal, output: Buffer.concat(chunks).toString() }),
    );
  });
}
