// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { FleetFlags } from '../fleet/run-fleet.js';
import { type CommandContext, examples, kubeconfigOption, outputOption } from './context.js';

export function addFleetCommand(program: Command, context: CommandContext): void {
  program
    .command('fleet')
    .description('show every worker: the version sent, accepted and in force, and since when')
    .addOption(outputOption('wide'))
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      examples('heartline fleet', 'heartline fleet -o wide', 'heartline fleet -o json'),
    )
    .action(async (flags: FleetFlags) => {
      const { runFleet } = await import('../fleet/run-fleet.js');
      context.exitWith(await runFleet(context.terminal, flags));
    });
}
