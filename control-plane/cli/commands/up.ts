// SPDX-License-Identifier: Apache-2.0
import { type Command, InvalidArgumentError } from 'commander';
import { STATE_DIRECTORY } from '../kubeconfig/locate.js';
import { MAX_PORT_OFFSET } from '../up/ports.js';
import type { UpFlags } from '../up/run-up.js';
import { type CommandContext, examples } from './context.js';

export function addUpCommand(program: Command, context: CommandContext): void {
  program
    .command('up')
    .description('run everything on this machine: control plane, one worker, the httpbin sample')
    .option(
      '--data-dir <dir>',
      'where state, tokens, logs and the kubeconfig live',
      STATE_DIRECTORY,
    )
    .option('--port-offset <n>', 'added to every port', parseOffset, 0)
    .option('-q, --quiet', 'print errors and warnings only')
    .addHelpText(
      'after',
      examples('heartline up', 'heartline up --port-offset 1000 --data-dir /tmp/second'),
    )
    .action(async (flags: UpFlags) => {
      const { runUp } = await import('../up/run-up.js');
      context.exitWith(await runUp(context.terminal, flags));
    });
}

function parseOffset(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value <= MAX_PORT_OFFSET) return value;
  throw new InvalidArgumentError(`It is a whole number from 0 to ${MAX_PORT_OFFSET}.`);
}
