// SPDX-License-Identifier: Apache-2.0
import { HeartlineError, toHeartlineError } from '../../../shared/errors/heartline-error.js';
import { loadManifests, objectLabel } from '../apply/run-apply.js';
import { createApiClient, type ObjectRef } from '../client/api-client.js';
import { describeFailure } from '../failure-text.js';
import { loadConnection } from '../kubeconfig/load.js';
import type { Terminal } from '../terminal.js';
import { kindNamed } from './run-get.js';

export interface DeleteFlags {
  readonly filename?: readonly string[];
  readonly namespace?: string;
  readonly dryRun?: boolean;
  readonly reason?: string;
  readonly kubeconfig?: string;
}

/** `heartline delete KIND NAME` or `heartline delete -f`, the latter in reverse order of the files. */
export async function runDelete(
  terminal: Terminal,
  kindWord: string | undefined,
  name: string | undefined,
  flags: DeleteFlags,
): Promise<number> {
  const connection = loadConnection(terminal, flags.kubeconfig);
  const refs = await readRefs(terminal, kindWord, name, flags, connection.namespace);
  const client = createApiClient(connection);
  const dryRun = flags.dryRun ?? false;
  let exitCode = 0;
  for (const ref of refs) {
    try {
      await client.remove(ref, { reason: flags.reason, dryRun });
      terminal.out(`${objectLabel(ref)} deleted${dryRun ? ' (dry run)' : ''}`);
    } catch (thrown) {
      const error = toHeartlineError(thrown);
      terminal.err(describeFailure(error, false));
      if (exitCode === 0) exitCode = error.meaning.exit;
    }
  }
  return exitCode;
}

async function readRefs(
  terminal: Terminal,
  kindWord: string | undefined,
  name: string | undefined,
  flags: DeleteFlags,
  defaultNamespace: string,
): Promise<readonly ObjectRef[]> {
  const { filename, namespace } = flags;
  if (filename !== undefined && kindWord === undefined) {
    const chosen = namespace === undefined ? { filename } : { filename, namespace };
    return [...(await loadManifests(terminal, chosen, defaultNamespace))].reverse();
  }
  if (filename === undefined && kindWord !== undefined && name !== undefined) {
    return [{ kind: kindNamed(kindWord), namespace: namespace ?? defaultNamespace, name }];
  }
  throw new HeartlineError('INVALID_ARGUMENT', 'give KIND and NAME, or -f FILE, and not both');
}
