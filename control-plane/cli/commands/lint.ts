// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { LintFlags } from '../lint/run-lint.js';
import { type CommandContext, collect, examples, outputOption } from './context.js';

export function addLintCommand(program: Command, context: CommandContext): void {
  program
    .command('lint')
    .description(
      'say what the objects of some files mean and what is wrong with them, without a server',
    )
    .requiredOption('-f, --filename <file>', 'file, directory or - (repeatable)', collect)
    .option('-R, --recursive', 'directories with those below them')
    .option('-n, --namespace <name>', 'namespace of objects without one (default: default)')
    .addOption(outputOption())
    .option(
      '--in-front <product>',
      'what is between clients and the gateways: aws-alb, aws-nlb, azure-lb, gcp-lb or none',
    )
    .option('--strict', 'exit with 65 for warnings too')
    .addHelpText(
      'after',
      examples(
        'heartline lint -f deploy/examples/tcp-keepalive.yaml',
        'heartline lint -R -f policies/ --in-front aws-nlb --strict',
        'kustomize build . | heartline lint -f - -o json',
      ),
    )
    .action(async (flags: LintFlags) => {
      const { runLint } = await import('../lint/run-lint.js');
      context.exitWith(await runLint(context.terminal, flags));
    });
}
