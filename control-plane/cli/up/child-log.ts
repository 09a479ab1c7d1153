// SPDX-License-Identifier: Apache-2.0
import { createWriteStream, existsSync, renameSync } from 'node:fs';
import { isError, plainText } from './log-line.js';

/** Where a child's output goes. */
export interface ChildLog {
  readonly path: string;
  append(line: string): void;
  /** What says most about a death: the newest error, else the newest line. */
  lastWords(): string;
  close(): Promise<void>;
}

/** Starts a new file; the one of the last start is kept as `<path>.1`. */
export function openChildLog(path: string): ChildLog {
  if (existsSync(path)) renameSync(path, `${path}.1`);
  const file = createWriteStream(path, { mode: 0o600 });
  let last = '';
  let lastError = '';
  // A full disk must not stop the children: their warnings still reach the terminal.
  file.on('error', () => undefined);
  return {
    path,
    append(line) {
      if (line.trim() !== '') last = line;
      if (isError(line)) lastError = line;
      file.write(`${line}\n`);
    },
    lastWords: () => plainText(lastError || last),
    close: () => new Promise((resolve) => file.end(() => resolve())),
  };
}
