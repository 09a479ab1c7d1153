// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import {
  formatHostPort,
  type HostPort,
  isLoopback,
  parseHostPort,
} from '../../../shared/names/host-port.js';
import { onParentGone } from '../../../shared/process/parent-pipe.js';
import { onStopSignal } from '../../../shared/process/stop-signals.js';
import { createLogger, type Logger } from '../../../shared/telemetry/logger.js';
import { parseDurationMs } from '../../../shared/time/duration.js';
import { type ManifestsOptions, startControlPlane } from '../../app.js';
import type { KubernetesOptions } from '../../source/kubernetes/open-source.js';

/** Workers that reconnect more often than this do little else. */
const MIN_AGE_MS = 60_000;

export interface ControlPlaneFlags {
  readonly xdsAddr: string;
  readonly apiAddr: string;
  readonly dataDir: string;
  readonly cluster: string;
  /** As in `30m`; `0s` = never. */
  readonly maxConnectionAge: string;
  readonly source: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly leaseNamespace?: string;
  readonly manifests?: string;
  readonly allowInsecure?: boolean;
  readonly parentPipe?: boolean;
}

/** `heartline control-plane`: settles when it was asked to stop and has stopped. */
export async function runControlPlane(flags: ControlPlaneFlags): Promise<number> {
  const logger = createLogger({ name: 'control-plane' });
  const controlPlane = await startControlPlane({
    dataDir: resolve(flags.dataDir),
    xdsAddress: checkedPlain(readAddress('--xds-addr', flags.xdsAddr), flags),
    apiAddress: readAddress('--api-addr', flags.apiAddr),
    cluster: flags.cluster,
    maxConnectionAgeMs: readAge(flags.maxConnectionAge),
    ...readSource(flags),
    ...readManifestsFlag(flags),
    logger,
  });
  await untilStopRequest(flags.parentPipe ?? false, logger);
  await controlPlane.stop();
  return 0;
}

function readAddress(flag: string, text: string): HostPort {
  const address = parseHostPort(text);
  if (address !== undefined) return address;
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `${flag} ${text} is not HOST:PORT, e.g. 127.0.0.1:9979 or [::1]:9979`,
  );
}

/** Plain text beyond loopback needs a flag that says so; the API speaks TLS to other machines and nothing else. */
function checkedPlain(address: HostPort, { allowInsecure }: ControlPlaneFlags): HostPort {
  if (allowInsecure || isLoopback(address.host)) return address;
  throw new HeartlineError(
    'CONFIG',
    `--xds-addr ${formatHostPort(address)} is reachable from other machines and xDS has no TLS yet; use a loopback address, or add --allow-insecure`,
  );
}

/** With a cluster as the source every object comes from there, and a folder could own none. */
function readManifestsFlag({ manifests, source }: ControlPlaneFlags): {
  manifests?: ManifestsOptions;
} {
  if (manifests === undefined) return {};
  if (source === 'embedded') return { manifests: { dir: resolve(manifests) } };
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `--manifests and --source ${source} exclude each other: apply the files in the cluster`,
  );
}

/** The flags that are about a cluster, together with the one that says so. */
function readSource(flags: ControlPlaneFlags): { kubernetes?: KubernetesOptions } {
  const { source, kubeconfig, context, leaseNamespace } = flags;
  switch (source) {
    case 'kubernetes':
      return {
        kubernetes: {
          kubeconfig: kubeconfig === undefined ? undefined : resolve(kubeconfig),
          context,
          ...(leaseNamespace === undefined ? {} : { leaseNamespace }),
        },
      };
    case 'embedded': {
      const given = Object.entries({ kubeconfig, context, 'lease-namespace': leaseNamespace });
      const [odd] = given.find(([, value]) => value !== undefined) ?? [];
      if (odd === undefined) return {};
      throw new HeartlineError(
        'INVALID_ARGUMENT',
        `--${odd} is for --source kubernetes; add that, or remove it`,
      );
    }
    default:
      throw new HeartlineError(
        'INVALID_ARGUMENT',
        `--source ${source} must be embedded or kubernetes`,
      );
  }
}

function readAge(text: string): number {
  const ageMs = parseDurationMs(text);
  if (ageMs !== undefined && (ageMs === 0 || ageMs >= MIN_AGE_MS)) return ageMs;
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `--max-connection-age ${text} must be 0s (never) or at least 1m, e.g. 30m`,
  );
}

function untilStopRequest(hasParentPipe: boolean, logger: Logger): Promise<void> {
  return new Promise((settle) => {
    const stop = (reason: string): void => {
      logger.info({ reason }, 'stopping');
      settle();
    };
    onStopSignal(stop);
    if (hasParentPipe) onParentGone(process.stdin, () => stop('parent process is gone'));
  });
}
