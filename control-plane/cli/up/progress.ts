// SPDX-License-Identifier: Apache-2.0
import type { Terminal } from '../terminal.js';

/** What `up` says while it works: one line that is redrawn on a terminal, plain lines elsewhere. */
export interface Progress {
  /** The step that runs now. */
  step(text: string): void;
  /** A line that stays. */
  say(line: string): void;
  /** Removes the redrawn line. */
  end(): void;
}

/** Carriage return and "erase to end of line" (ECMA-48 EL). */
const CLEAR_LINE = '\r\x1b[K';

export function createProgress(terminal: Terminal, isQuiet: boolean): Progress {
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) terminal.errRaw(CLEAR_LINE);
    isDrawn = false;
  };
  return {
    step(text) {
      if (isQuiet) return;
      if (!terminal.isInteractive) return terminal.err(`${text}…`);
      terminal.errRaw(`${CLEAR_LINE}${text}…`);
      isDrawn = true;
    },
    say(line) {
      clear();
      terminal.err(line);
    },
    end: clear,
  };
}
