// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { ApplyFlags } from '../apply/run-apply.js';
import {
  type CommandContext,
  collect,
  examples,
  kubeconfigOption,
  namespaceOption,
  reasonOption,
} from './context.js';

export function addApplyCommand(program: Command, context: CommandContext): void {
  program
    .command('apply')
    .description('make the server hold exactly the objects of some files')
    .requiredOption('-f, --filename <file>', 'file, directory or - (repeatable)', collect)
    .addOption(namespaceOption())
    .option('--dry-run', 'validate and show what would change, store nothing')
    .addOption(reasonOption())
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      examples(
        'heartline apply -f deploy/examples/tcp-keepalive.yaml',
        'heartline apply -f policies/ --dry-run',
        'cat policy.yaml | heartline apply -f - --reason "ticket 4711"',
      ),
    )
    .action(async (flags: ApplyFlags) => {
      const { runApply } = await import('../apply/run-apply.js');
      context.exitWith(await runApply(context.terminal, flags));
    });
}
