// SPDX-License-Identifier: Apache-2.0
import { Option } from 'commander';
import type { Terminal } from '../terminal.js';

/** What every command is given; the declarations load nothing heavy until a command runs. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly exitWith: (code: number) => void;
}

/** The examples under a command's help; each line is a whole command. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

export function kubeconfigOption(): Option {
  return new Option(
    '--kubeconfig <file>',
    'server and token (default: $HEARTLINE_KUBECONFIG, else the nearest .heartline/kubeconfig upward)',
  );
}

export function namespaceOption(): Option {
  return new Option(
    '-n, --namespace <name>',
    "namespace (default: the kubeconfig's, else default)",
  );
}

export function outputOption(...more: readonly string[]): Option {
  return new Option('-o, --output <format>', 'output format')
    .choices(['table', 'json', 'yaml', ...more])
    .default('table');
}

export function reasonOption(): Option {
  return new Option('--reason <text>', 'why, kept in the history with the change');
}

export function adminAddrOption(): Option {
  return new Option(
    '--admin-addr <host:port>',
    "the worker's admin address (default: the kubeconfig's)",
  );
}

/** Collects the values of a repeatable option. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}
