// SPDX-License-Identifier: Apache-2.0
import { toHeartlineError } from '../../../shared/errors/heartline-error.js';
import { systemClock } from '../../../shared/time/system-clock.js';
import type { ConnectionRow } from '../client/admin-client.js';
import type { OutputFormat } from '../output/format.js';
import type { Terminal } from '../terminal.js';
import { type ConnectionChange, connectionChanges } from './changes.js';
import { connectionsTable, connectionsTotal, inForceCell, keepaliveCell } from './columns.js';

export interface WatchOptions {
  readonly read: () => Promise<readonly ConnectionRow[]>;
  readonly output: OutputFormat | 'wide';
  readonly intervalMs: number;
}

type Show = (rows: readonly ConnectionRow[]) => void;

/**
 * Reads again and again until the process is ended. A worker that stops answering is waited for; one that never answered is
 * an error.
 */
export async function watchConnections(terminal: Terminal, options: WatchOptions): Promise<never> {
  const show = showFor(terminal, options.output);
  const clock = systemClock();
  let isLost = false;
  show(await options.read());
  for (;;) {
    await new Promise<void>((resolve) => {
      clock.after(options.intervalMs, resolve, { holdsProcess: true });
    });
    try {
      show(await options.read());
      isLost = false;
    } catch (thrown) {
      if (!isLost) terminal.err(`${toHeartlineError(thrown).message}; waiting for it`);
      isLost = true;
    }
  }
}

/** A table that is drawn anew on a terminal; elsewhere one line for each change. */
function showFor(terminal: Terminal, output: WatchOptions['output']): Show {
  const { screen } = terminal;
  if (screen !== undefined && (output === 'table' || output === 'wide')) {
    return (rows) => terminal.outRaw(renderScreen(rows, output, screen()));
  }
  let before: readonly ConnectionRow[] | undefined;
  return (rows) => {
    const at = new Date().toISOString();
    for (const change of connectionChanges(before, rows)) {
      terminal.out(
        output === 'json' ? JSON.stringify({ at, ...change }) : `${at} ${renderChange(change)}`,
      );
    }
    before = rows;
  };
}

export interface ScreenSize {
  readonly rows: number;
  readonly columns: number;
}

// ECMA-48: cursor to the first cell, erase to the end of the line, erase to the end of the screen.
const HOME = '\x1b[H';
const ERASE_LINE = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/** As many rows as there is room for; drawn over the last ones, so that nothing flickers. */
export function renderScreen(
  rows: readonly ConnectionRow[],
  output: 'table' | 'wide',
  screen: ScreenSize,
): string {
  // The total, the line of column names, and the one that says how many are not shown.
  const room = Math.max(1, screen.rows - 3);
  const shown = rows.slice(0, room);
  const table = shown.length === 0 ? [] : connectionsTable(shown, output).split('\n');
  const hidden = rows.length - shown.length;
  const lines = [connectionsTotal(rows), ...table, ...(hidden > 0 ? [`${hidden} more`] : [])];
  const drawn = lines.map((line) => `${line.slice(0, screen.columns)}${ERASE_LINE}`);
  return `${HOME}${drawn.join('\n')}${ERASE_BELOW}`;
}

/** `opened 7 downstream web h2 10.0.0.9:4711 1/30/5/3 7-ab yes`. */
function renderChange({ event, connection }: ConnectionChange): string {
  const { id, side, listener, protocol, peer, client, version } = connection;
  const who = client === peer ? peer : `${client} by ${peer}`;
  const truth = [keepaliveCell(connection), version, inForceCell(connection)];
  return [event, id, side, listener, protocol, who, ...truth]
    .map((part) => (part === '' ? '-' : part))
    .join(' ');
}
