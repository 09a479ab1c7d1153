// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';

/** What a command sees of the process that runs it. */
export interface Terminal {
  /** Writes to standard output; the newline is added. Answers go here. */
  readonly out: (text: string) => void;
  /** Writes to standard error; the newline is added. Progress, warnings and errors go here. */
  readonly err: (text: string) => void;
  /** Writes to standard error as it is: for a line that is redrawn. */
  readonly errRaw: (text: string) => void;
  /** Writes to standard output as it is: for a table that is redrawn. */
  readonly outRaw: (text: string) => void;
  /** The size at this moment; undefined when standard output is no terminal. */
  readonly screen: (() => { readonly rows: number; readonly columns: number }) | undefined;
  /** Standard error is a terminal: a progress line may be redrawn. */
  readonly isInteractive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Readable;
}

export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    errRaw: (text) => void process.stderr.write(text),
    outRaw: (text) => void process.stdout.write(text),
    screen: process.stdout.isTTY
      ? () => ({ rows: process.stdout.rows, columns: process.stdout.columns })
      : undefined,
    isInteractive: process.stderr.isTTY === true,
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
  };
}
