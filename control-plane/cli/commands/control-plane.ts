// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { ControlPlaneFlags } from '../control-plane/run-control-plane.js';
import { STATE_DIRECTORY } from '../kubeconfig/locate.js';
import { type CommandContext, examples } from './context.js';

export function addControlPlaneCommand(program: Command, context: CommandContext): void {
  program
    .command('control-plane')
    .description('run the control plane')
    .option('--xds-addr <host:port>', 'gRPC: xDS and the fleet stream', '127.0.0.1:9978')
    .option(
      '--api-addr <host:port>',
      'HTTPS, and HTTP for this machine: the Kubernetes-style API',
      '127.0.0.1:9979',
    )
    .option('--data-dir <dir>', 'where log, state and tokens live', STATE_DIRECTORY)
    .option('--cluster <name>', 'cluster of the workers that use the worker token', 'local')
    .option(
      '--max-connection-age <duration>',
      'ask workers to connect anew at this age; 0s = never',
      '30m',
    )
    .option(
      '--source <name>',
      'who owns the objects: embedded (this API) or kubernetes',
      'embedded',
    )
    .option('--manifests <dir>', 'folder of manifests that owns what is in it, watched')
    .option('--kubeconfig <file>', 'the cluster of --source kubernetes; default: the one we run in')
    .option('--context <name>', 'context of that kubeconfig; default: its current one')
    .option(
      '--lease-namespace <name>',
      "where replicas elect who reports statuses; default: the pod's",
    )
    .option('--allow-insecure', 'allow an --xds-addr other than loopback, without TLS')
    .option('--parent-pipe', 'exit when standard input closes')
    .addHelpText(
      'after',
      examples(
        'heartline control-plane',
        'heartline control-plane --data-dir /var/lib/heartline',
        'heartline control-plane --manifests /etc/heartline/manifests',
        'heartline control-plane --source kubernetes --kubeconfig ~/.kube/config --context prod',
      ),
    )
    .action(async (flags: ControlPlaneFlags) => {
      const { runControlPlane } = await import('../control-plane/run-control-plane.js');
      context.exitWith(await runControlPlane(flags));
    });
}
