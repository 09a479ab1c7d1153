// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { readConfigDump } from '../client/admin-client.js';
import { workerAdminOf } from '../kubeconfig/load.js';
import { renderValue } from '../output/format.js';
import type { Terminal } from '../terminal.js';

export interface ConfigDumpFlags {
  readonly policy?: string;
  readonly profile?: string;
  readonly adminAddr?: string;
  readonly kubeconfig?: string;
}

/** `heartline config-dump`: the worker's own dump, or the list of one policy's entries. */
export async function runConfigDump(terminal: Terminal, flags: ConfigDumpFlags): Promise<number> {
  const admin = workerAdminOf(terminal, flags);
  const dump = await readConfigDump(admin, flags.profile);
  if (flags.policy === undefined) {
    terminal.out(renderValue(dump, 'json'));
    return 0;
  }
  const entries = (dump.policies ?? []).filter(({ name }) => name?.name === flags.policy);
  if (entries.length === 0) {
    throw new HeartlineError(
      'NOT_FOUND',
      `the worker at ${admin} runs no policy named "${flags.policy}"`,
    );
  }
  terminal.out(renderValue(entries, 'json'));
  return 0;
}
