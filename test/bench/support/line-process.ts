// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A child that is driven line by line: one line in, one line out. */
export interface LineProcess {
  readonly child: ChildProcess;
  /** The next line it prints; throws when it ends instead. */
  read(): Promise<string>;
  write(line: string): void;
  /** Closes its input and waits for its end. */
  end(): Promise<void>;
}

export function startLineProcess(file: string, args: readonly string[]): LineProcess {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit');
  return {
    child,
    async read() {
      const { done, value } = await lines.next();
      if (done) throw new Error(`${file} ended (exit ${child.exitCode})`);
      return value;
    },
    write: (line) => void child.stdin.write(`${line}\n`),
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Runs one of the benchmark's own programs as such a child; `options` are Node's. */
export function startNodeProcess(
  url: URL,
  args: readonly string[],
  options: readonly string[] = [],
): LineProcess {
  return startLineProcess(process.execPath, [...options, url.pathname, ...args]);
}

/** A program in another language that lies beside the sources of `url`, an import.meta.url of compiled code. */
export function findSource(file: string, url: string): string {
  return fileURLToPath(new URL(file, url)).replace('/.bench/', '/');
}
