// SPDX-License-Identifier: Apache-2.0
import { createWriteStream, existsSync, renameSync } from 'node:fs';

/** Where a child's output goes. */
export interface ChildLog {
  readonly path: string;
  append(line: string): void;
  /** The newest line that was not empty; says most about a death. */
  lastLine(): string;
  close(): Promise<void>;
}

/** Starts a new file; the one of the last start is kept as `<path>.1`. */
export function openChildLog(path: string): ChildLog {
  if (existsSync(path)) renameSync(path, `${path}.1`);
  const file = createWriteStream(path, { mode: 0o600 });
  let last = '';
  // A full disk must not stop the children: their warnings still reach the terminal.
  file.on('error', () => undefined);
  return {
    path,
    append(line) {
      if (line.trim() !== '') last = line;
      file.write(`${line}\n`);
    },
    lastLine: () => last,
    close: () => new Promise((resolve) => file.end(() => resolve())),
  };
}
