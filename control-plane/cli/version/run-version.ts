// SPDX-License-Identifier: Apache-2.0

import { toHeartlineError } from '../../../shared/errors/heartline-error.js';
import { packageVersion } from '../../../shared/process/package-version.js';
import { createApiClient } from '../client/api-client.js';
import { loadConnection } from '../kubeconfig/load.js';
import type { OutputFormat } from '../output/format.js';
import type { Terminal } from '../terminal.js';

export interface VersionFlags {
  readonly output: OutputFormat;
  readonly kubeconfig?: string;
}

/** `heartline version`; a server that cannot be asked is said, not an error. */
export async function runVersion(terminal: Terminal, flags: VersionFlags): Promise<number> {
  const versions = {
    heartline: packageVersion(),
    node: process.versions.node,
    server: await serverVersion(terminal, flags.kubeconfig),
  };
  if (flags.output === 'table') {
    for (const [name, version] of Object.entries(versions)) terminal.out(`${name}: ${version}`);
    return 0;
  }
  const { renderValue } = await import('../output/format.js');
  terminal.out(renderValue(versions, flags.output));
  return 0;
}

async function serverVersion(terminal: Terminal, kubeconfig: string | undefined): Promise<string> {
  try {
    const client = createApiClient(loadConnection(terminal, kubeconfig));
    const { heartline, gitVersion } = await client.version();
    return heartline?.version ?? gitVersion;
  } catch (thrown) {
    return `unknown (${toHeartlineError(thrown).message})`;
  }
}
