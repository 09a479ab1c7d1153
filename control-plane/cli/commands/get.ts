// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { GetFlags } from '../get/run-get.js';
import {
  type CommandContext,
  examples,
  kubeconfigOption,
  namespaceOption,
  outputOption,
} from './context.js';

export function addGetCommand(program: Command, context: CommandContext): void {
  program
    .command('get')
    .description('show one object, or all of a kind')
    .argument('<kind>', 'a kind, its plural or its short name: agpol, gateway, httproutes')
    .argument('[name]', 'one object; absent = all of them')
    .addOption(namespaceOption())
    .option('-A, --all-namespaces', 'objects of every namespace')
    .addOption(outputOption('name'))
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      examples(
        'heartline get agentgatewaypolicy -n httpbin',
        'heartline get agpol httpbin-keepalive -n httpbin -o yaml',
        'heartline get gateway -A',
      ),
    )
    .action(async (kind: string, name: string | undefined, flags: GetFlags) => {
      const { runGet } = await import('../get/run-get.js');
      context.exitWith(await runGet(context.terminal, kind, name, flags));
    });
}
