// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { DeleteFlags } from '../get/run-delete.js';
import {
  type CommandContext,
  collect,
  examples,
  kubeconfigOption,
  namespaceOption,
  reasonOption,
} from './context.js';

export function addDeleteCommand(program: Command, context: CommandContext): void {
  program
    .command('delete')
    .description('delete one object, or the objects of some files')
    .argument('[kind]', 'a kind, its plural or its short name')
    .argument('[name]', 'the object')
    .option('-f, --filename <file>', 'file, directory or - (repeatable)', collect)
    .addOption(namespaceOption())
    .option('--dry-run', 'say what would be deleted, delete nothing')
    .addOption(reasonOption())
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      examples(
        'heartline delete agentgatewaypolicy httpbin-keepalive -n httpbin',
        'heartline delete -f deploy/examples/tcp-keepalive.yaml',
      ),
    )
    .action(async (kind: string | undefined, name: string | undefined, flags: DeleteFlags) => {
      const { runDelete } = await import('../get/run-delete.js');
      context.exitWith(await runDelete(context.terminal, kind, name, flags));
    });
}
