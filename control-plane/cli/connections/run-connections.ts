// SPDX-License-Identifier: Apache-2.0
import { readConnectionPage, readConnections } from '../client/admin-client.js';
import { workerAdminOf } from '../kubeconfig/load.js';
import { type OutputFormat, renderValue } from '../output/format.js';
import type { Terminal } from '../terminal.js';
import { renderConnections } from './columns.js';
import { type ConditionFlags, conditionsOf } from './conditions.js';
import { watchConnections } from './watch.js';

export interface ConnectionsFlags extends ConditionFlags {
  readonly output: OutputFormat | 'wide';
  readonly afterId?: number;
  readonly limit?: number;
  readonly watch?: boolean;
  /** Milliseconds between two looks of `watch`. */
  readonly interval: number;
  readonly adminAddr?: string;
  readonly kubeconfig?: string;
}

/** `heartline connections`: once, or again and again until it is interrupted. */
export async function runConnections(terminal: Terminal, flags: ConnectionsFlags): Promise<number> {
  const admin = workerAdminOf(terminal, flags);
  const conditions = conditionsOf(flags);
  if (flags.watch) {
    const { output, interval } = flags;
    const read = () => readConnections(admin, conditions);
    return watchConnections(terminal, { read, output, intervalMs: interval });
  }
  if (flags.limit !== undefined || flags.afterId !== undefined) {
    return showPage(terminal, admin, conditions, flags);
  }
  const connections = await readConnections(admin, conditions);
  show(terminal, flags.output, { connections });
  return 0;
}

async function showPage(
  terminal: Terminal,
  admin: string,
  conditions: ReadonlyMap<string, string>,
  { afterId = 0, limit, output }: ConnectionsFlags,
): Promise<number> {
  const page = await readConnectionPage(admin, conditions, { afterId, limit });
  show(terminal, output, page);
  const isTable = output === 'table' || output === 'wide';
  if (isTable && page.nextAfterId !== undefined) {
    terminal.err(`more of ${page.total}: --after-id ${page.nextAfterId}`);
  }
  return 0;
}

function show(
  terminal: Terminal,
  output: ConnectionsFlags['output'],
  answer: { readonly connections: Parameters<typeof renderConnections>[0] },
): void {
  if (output === 'table' || output === 'wide') {
    terminal.out(renderConnections(answer.connections, output));
  } else {
    terminal.out(renderValue(answer, output));
  }
}
