// SPDX-License-Identifier: Apache-2.0
import { createWriteStream, existsSync, renameSync } from 'node:fs';
import { isError, plainText } from './log-line.js';

/** Where a child's output goes. */
export interface ChildLog {
  readonly path: string;
  append(line: string): void;
  /** What says most about a death: an error among the newest lines, else the newest line. */
  lastWords(): string;
  close(): Promise<void>;
}

/** A stack trace and advice may follow the error itself. */
const NEWEST_LINES = 20;

/** Starts a new file; the one of the last start is kept as `<path>.1`. */
export function openChildLog(path: string): ChildLog {
  if (existsSync(path)) renameSync(path, `${path}.1`);
  const file = createWriteStream(path, { mode: 0o600 });
  let newest: readonly string[] = [];
  // A full disk must not stop the children: their warnings still reach the terminal.
  file.on('error', () => undefined);
  return {
    path,
    append(line) {
      if (line.trim() !== '') newest = [line, ...newest].slice(0, NEWEST_LINES);
      file.write(`${line}\n`);
    },
    lastWords: () => plainText(newest.find(isError) ?? newest[0] ?? ''),
    close: () => new Promise((resolve) => file.end(() => resolve())),
  };
}
