// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { type CommandContext, examples } from './context.js';

export function addDataplaneCommand(program: Command, context: CommandContext): void {
  program
    .command('dataplane')
    .description('run a dataplane worker')
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      'after',
      `
Every option is handed to the worker:
  --xds-address HOST:PORT     control plane
  --gateway NS/NAME           Gateway this worker serves
  --pod NS/NAME               the worker's own name
  --cluster NAME              cluster it is in
  --token-file FILE           worker token
  --data-dir DIR              where the last good configuration is kept
  --admin-addr HOST:PORT      /config_dump, /connections
  --stats-addr HOST:PORT      /metrics
  --readiness-addr HOST:PORT  /healthz/ready
  --listen-address ADDRESS    address of the gateway's listeners (repeatable)
  --allow-local-backends      let routes reach loopback addresses
  --port-offset N             added to the gateway's ports
  --parent-pipe               exit when standard input closes
${examples('heartline dataplane --xds-address 127.0.0.1:9978 --gateway httpbin/agentgateway-proxy --pod agentgateway-system/worker-1 --cluster local --token-file .heartline/worker.token --data-dir /tmp/worker-1')}`,
    )
    .action(async (_flags: unknown, command: Command) => {
      const { runDataplane } = await import('../worker/run-dataplane.js');
      context.exitWith(await runDataplane(command.args));
    });
}
