// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { ConnectionsFlags } from '../worker/run-connections.js';
import {
  adminAddrOption,
  type CommandContext,
  examples,
  kubeconfigOption,
  outputOption,
} from './context.js';

export function addConnectionsCommand(program: Command, context: CommandContext): void {
  program
    .command('connections')
    .description("show a worker's open connections with the keepalive values the kernel holds")
    .addOption(outputOption())
    .addOption(adminAddrOption())
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      `
KEEPALIVE is on/idle/interval/probes as read from the socket: 1/30/5/3 probes after 30 s, every 5 s,
3 times; 0/7200/75/9 is off with the system's values.
${examples('heartline connections', 'heartline connections -o json', 'heartline connections --admin-addr 127.0.0.1:16000')}`,
    )
    .action(async (flags: ConnectionsFlags) => {
      const { runConnections } = await import('../worker/run-connections.js');
      context.exitWith(await runConnections(context.terminal, flags));
    });
}
