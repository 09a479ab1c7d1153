// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Terminal } from '../terminal.js';
import { type Connection, parseKubeconfig } from './kubeconfig.js';
import { KUBECONFIG_VARIABLE, locateKubeconfig } from './locate.js';

/** Finds and reads the kubeconfig for a command. */
export function loadConnection(terminal: Terminal, flag: string | undefined): Connection {
  const variable = terminal.env[KUBECONFIG_VARIABLE];
  const path = locateKubeconfig({ flag, variable, cwd: terminal.cwd }, existsSync);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new HeartlineError('CONFIG', `cannot read the kubeconfig: ${message}`, {
      subject: path,
      cause,
    });
  }
  return parseKubeconfig(text, path);
}

/** The worker's admin listener, from the flag or the kubeconfig. */
export function workerAdminOf(
  terminal: Terminal,
  flags: { readonly adminAddr?: string; readonly kubeconfig?: string },
): string {
  if (flags.adminAddr !== undefined) return flags.adminAddr;
  const connection = loadConnection(terminal, flags.kubeconfig);
  if (connection.workerAdmin !== undefined) return connection.workerAdmin;
  throw new HeartlineError(
    'CONFIG',
    `kubeconfig ${connection.path} names no worker; give its admin address with --admin-addr HOST:PORT`,
    { subject: connection.path },
  );
}
