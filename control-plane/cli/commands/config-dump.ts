// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { ConfigDumpFlags } from '../worker/run-config-dump.js';
import { adminAddrOption, type CommandContext, examples, kubeconfigOption } from './context.js';

export function addConfigDumpCommand(program: Command, context: CommandContext): void {
  program
    .command('config-dump')
    .description("print a worker's configuration as JSON")
    .option(
      '--profile <release>',
      'as this release of agentgateway writes it: 1.1, 1.2, 1.3 or 1.4 (1.1)',
    )
    .option('--policy <name>', 'only the entries of this policy')
    .addOption(adminAddrOption())
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      examples(
        'heartline config-dump --policy httpbin-keepalive',
        'heartline config-dump | jq .binds',
        'heartline config-dump --profile 1.4',
      ),
    )
    .action(async (flags: ConfigDumpFlags) => {
      const { runConfigDump } = await import('../worker/run-config-dump.js');
      context.exitWith(await runConfigDump(context.terminal, flags));
    });
}
