// SPDX-License-Identifier: Apache-2.0
import { nodeEntryArgs } from '../../../shared/process/node-entry.js';
import type { ChildSpec } from './child.js';
import { LOOPBACK, type UpPorts } from './ports.js';
import type { StatePaths } from './state-paths.js';

export interface ChildrenOptions {
  readonly ports: UpPorts;
  readonly portOffset: number;
  /** Where the worker's admin, stats and readiness listen. */
  readonly podIp: string;
  readonly paths: StatePaths;
  /** Absolute; a folder of manifests for the control plane. */
  readonly manifests?: string;
  /** Addresses the gateway's listeners open on. */
  readonly listenAddresses: readonly string[];
}

export interface ChildSpecs {
  readonly controlPlane: ChildSpec;
  readonly httpbin: ChildSpec;
  readonly worker: ChildSpec;
}

/** The Gateway the worker serves, and its own name, as the keepalive guide has them (the README says why they differ). */
const GATEWAY = 'httpbin/agentgateway-proxy';
const POD = 'agentgateway-system/agentgateway-proxy-0';
/** The cluster a single machine is. */
const CLUSTER = 'local';

/** Command lines of the three processes. */
export function childSpecs(options: ChildrenOptions): ChildSpecs {
  const { podIp, ports } = options;
  return {
    controlPlane: {
      name: 'control plane',
      args: [
        ...nodeEntryArgs(import.meta.url, '../main'),
        'control-plane',
        ...controlPlaneFlags(options),
      ],
      readyUrl: `http://${LOOPBACK}:${ports.api}/readyz`,
    },
    httpbin: {
      name: 'httpbin',
      args: [
        ...nodeEntryArgs(import.meta.url, '../../../deploy/examples/httpbin/main'),
        ...['--listen', `${LOOPBACK}:${ports.httpbin}`],
        '--parent-pipe',
      ],
      readyUrl: `http://${LOOPBACK}:${ports.httpbin}/status/200`,
    },
    worker: {
      name: 'worker',
      args: [...nodeEntryArgs(import.meta.url, '../../../dataplane/main'), ...workerFlags(options)],
      readyUrl: `http://${podIp}:${ports.readiness}/healthz/ready`,
    },
  };
}

function controlPlaneFlags({ ports, paths, manifests }: ChildrenOptions): readonly string[] {
  return [
    ...['--xds-addr', `${LOOPBACK}:${ports.xds}`],
    ...['--api-addr', `${LOOPBACK}:${ports.api}`],
    ...['--data-dir', paths.root],
    ...['--cluster', CLUSTER],
    ...(manifests === undefined ? [] : ['--manifests', manifests]),
    '--parent-pipe',
  ];
}

function workerFlags(options: ChildrenOptions): readonly string[] {
  const { podIp, ports, paths } = options;
  return [
    ...['--xds-address', `${LOOPBACK}:${ports.xds}`],
    ...['--gateway', GATEWAY],
    ...['--pod', POD],
    ...['--cluster', CLUSTER],
    ...['--token-file', paths.workerToken],
    ...['--data-dir', paths.worker],
    ...['--admin-addr', `${podIp}:${ports.admin}`],
    ...['--stats-addr', `${podIp}:${ports.stats}`],
    ...['--readiness-addr', `${podIp}:${ports.readiness}`],
    ...options.listenAddresses.flatMap((address) => ['--listen-address', address]),
    ...['--port-offset', String(options.portOffset)],
    '--allow-local-backends',
    '--parent-pipe',
  ];
}
