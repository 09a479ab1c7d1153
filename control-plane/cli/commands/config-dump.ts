// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { ConfigDumpFlags } from '../worker/run-config-dump.js';
import { adminAddrOption, type CommandContext, examples, kubeconfigOption } from './context.js';

export function addConfigDumpCommand(program: Command, context: CommandContext): void {
  program
    .command('config-dump')
    .description("print a worker's configuration as JSON")
    .option('--policy <name>', 'only the entries of this policy')
    .addOption(adminAddrOption())
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      examples(
        'heartline config-dump --policy httpbin-keepalive',
        'heartline config-dump | jq .binds',
      ),
    )
    .action(async (flags: ConfigDumpFlags) => {
      const { runConfigDump } = await import('../worker/run-config-dump.js');
      context.exitWith(await runConfigDump(context.terminal, flags));
    });
}
