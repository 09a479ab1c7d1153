// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { VersionFlags } from '../version/run-version.js';
import { type CommandContext, examples, kubeconfigOption, outputOption } from './context.js';

export function addVersionCommand(program: Command, context: CommandContext): void {
  program
    .command('version')
    .description('show the versions of this program, of node and of the server')
    .addOption(outputOption())
    .addOption(kubeconfigOption())
    .addHelpText('after', examples('heartline version', 'heartline version -o json'))
    .action(async (flags: VersionFlags) => {
      const { runVersion } = await import('../version/run-version.js');
      context.exitWith(await runVersion(context.terminal, flags));
    });
}
