// SPDX-License-Identifier: Apache-2.0
import { isIPv4 } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { isLoopback } from '../../../shared/names/host-port.js';
import { STATE_DIRECTORY } from '../kubeconfig/locate.js';
import { LOOPBACK, MAX_PORT_OFFSET } from '../up/ports.js';
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
    .option(
      '--pod-ip <address>',
      "where the worker's admin, stats and readiness listen, in 127.0.0.0/8: another one than 127.0.0.1 leaves localhost:15000 to kubectl port-forward",
      parsePodIp,
      LOOPBACK,
    )
    .option('--manifests <dir>', 'folder of manifests that owns what is in it, watched')
    .option('-q, --quiet', 'print errors and warnings only')
    .addHelpText(
      'after',
      examples(
        'heartline up',
        'heartline up --pod-ip 127.0.0.15',
        'heartline up --port-offset 1000 --data-dir /tmp/second',
      ),
    )
    .action(async (flags: UpFlags) => {
      const { runUp } = await import('../up/run-up.js');
      context.exitWith(await runUp(context.terminal, flags));
    });
}

/** Every address of 127.0.0.0/8 is this machine's own on Linux, and can be listened on without being set up. */
function parsePodIp(text: string): string {
  if (isIPv4(text) && isLoopback(text)) return text;
  throw new InvalidArgumentError('It is an address in 127.0.0.0/8, such as 127.0.0.15.');
}

function parseOffset(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value <= MAX_PORT_OFFSET) return value;
  throw new InvalidArgumentError(`It is a whole number from 0 to ${MAX_PORT_OFFSET}.`);
}
