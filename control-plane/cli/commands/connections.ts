// SPDX-License-Identifier: Apache-2.0
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDurationMs } from '../../../shared/time/duration.js';
import type { ConnectionsFlags } from '../connections/run-connections.js';
import {
  adminAddrOption,
  type CommandContext,
  examples,
  kubeconfigOption,
  outputOption,
} from './context.js';

const DEFAULT_INTERVAL_MS = 2000;
const SHORTEST_INTERVAL_MS = 100;

export function addConnectionsCommand(program: Command, context: CommandContext): void {
  program
    .command('connections')
    .description("show a worker's open connections with the keepalive values the kernel holds")
    .addOption(outputOption('wide'))
    .addOption(
      new Option('--side <side>', 'clients or backends').choices(['downstream', 'upstream']),
    )
    .option('--bind <key>', 'accepted on this bind, such as 8080/ns/gateway')
    .option('--listener <name>', 'on this listener')
    .option('--protocol <name>', 'sniffing, http/1.1, h2, websocket or tcp')
    .option('--state <name>', 'idle, busy, upgraded or closing')
    .option('--version <label>', 'with the values of this version; not-in-force: with older ones')
    .option('--settling', 'whose keepalive time is still to be written, paced')
    .option('--deferred', 'busy or upgraded: an HTTP change holds from the next idle time on')
    .option('--settings-pending', 'HTTP/2 whose peer has not acknowledged our SETTINGS')
    .option('--peer <address>', 'from this address or CIDR range')
    .option('--client <address>', 'as --peer, behind a balancer that speaks the PROXY protocol')
    .option('--idle-longer-than <duration>', 'without a byte received for that long, such as 5m')
    .option('--older-than <duration>', 'accepted longer ago than that')
    .option('--after-id <id>', 'one page: those after this id', wholeNumber)
    .option('--limit <n>', 'one page: at most so many (5000)', wholeNumber)
    .option('-w, --watch', 'go on: a table on a terminal, else one line for each change')
    .option('--interval <duration>', 'between two looks of --watch', interval, DEFAULT_INTERVAL_MS)
    .addOption(adminAddrOption())
    .addOption(kubeconfigOption())
    .addHelpText(
      'after',
      `
KEEPALIVE is on/idle/interval/probes as read from the socket: 1/30/5/3 probes after 30 s, every 5 s,
3 times; 0/7200/75/9 is off with the system's values. -o wide adds client, bind, requests, bytes, the
last HTTP/2 PING, and the kernel's round trip, unacknowledged segments and unsent bytes.
${examples(
  'heartline connections',
  'heartline connections --version not-in-force -o wide',
  'heartline connections --protocol h2 --idle-longer-than 5m --peer 10.0.0.0/8',
  'heartline connections --watch -o json',
)}`,
    )
    .action(async (flags: ConnectionsFlags) => {
      const { runConnections } = await import('../connections/run-connections.js');
      context.exitWith(await runConnections(context.terminal, flags));
    });
}

function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number.');
}

function interval(text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms >= SHORTEST_INTERVAL_MS) return ms;
  throw new InvalidArgumentError(`It is a duration of at least ${SHORTEST_INTERVAL_MS}ms.`);
}
