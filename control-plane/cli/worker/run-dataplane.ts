// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { nodeEntryArgs } from '../../../shared/process/node-entry.js';
import { onStopSignal } from '../../../shared/process/stop-signals.js';

/**
 * Runs the worker's own entry as a child process with the same terminal and returns its exit code. The
 * child ends with us, kill -9 included, by the pipe that is its standard input.
 */
export function runDataplane(flags: readonly string[]): Promise<number> {
  const entry = nodeEntryArgs(import.meta.url, '../../../dataplane/main');
  const own = flags.includes('--parent-pipe') ? [] : ['--parent-pipe'];
  const child = spawn(process.execPath, [...entry, ...flags, ...own], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  // Never written to: a broken pipe only says that the child is gone.
  child.stdin.on('error', () => undefined);
  if (own.length === 0) process.stdin.once('end', () => child.stdin.end()).resume();
  const dispose = onStopSignal((signal) => void child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      dispose();
      reject(
        new HeartlineError('INTERNAL', `cannot start the worker: ${cause.message}`, { cause }),
      );
    });
    child.once('exit', (code, signal) => {
      dispose();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
