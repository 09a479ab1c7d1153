// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { type CommandContext, examples } from './context.js';

export function addDataplaneCommand(program: Command, context: CommandContext): void {
  program
    .command('dataplane')
    .description('run a dataplane worker; every option is handed to it, -h shows them')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (_flags: unknown, command: Command) => {
      const { runDataplane } = await import('../worker/run-dataplane.js');
      const flags = command.args;
      const isHelp = flags.includes('-h') || flags.includes('--help');
      context.exitWith(await runDataplane(flags));
      if (isHelp) context.terminal.out(EXAMPLES);
    });
}

const EXAMPLES = examples(
  'heartline dataplane --xds-address 127.0.0.1:9978 --gateway httpbin/agentgateway-proxy \\',
  '  --pod agentgateway-system/agentgateway-proxy-0 --token-file .heartline/worker.token \\',
  '  --data-dir .heartline/worker --allow-local-backends',
);
