// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { lockProcess } from '../../../shared/process/process-lock.js';
import { onStopSignal } from '../../../shared/process/stop-signals.js';
import { systemClock } from '../../../shared/time/system-clock.js';
import { readOrCreateToken } from '../../auth/token-files.js';
import { createApiClient } from '../client/api-client.js';
import { kindNamed } from '../get/run-get.js';
import { renderKubeconfig } from '../kubeconfig/kubeconfig.js';
import { STATE_DIRECTORY } from '../kubeconfig/locate.js';
import type { Terminal } from '../terminal.js';
import { checkPorts, loopbackAddresses } from './check-ports.js';
import { childSpecs } from './children.js';
import { applyExample } from './first-start.js';
import { createHousehold, type Household } from './household.js';
import { LOOPBACK, portsWithOffset } from './ports.js';
import { writePrivateFile } from './private-file.js';
import { createProgress, type Progress } from './progress.js';
import { makeStateDirectories, type StatePaths, statePaths } from './state-paths.js';
import { renderSummary } from './summary.js';

export interface UpFlags {
  readonly dataDir: string;
  readonly portOffset: number;
  /** Address of the worker's admin, stats and readiness, in 127.0.0.0/8. */
  readonly podIp: string;
  /** Folder of manifests that the control plane watches. */
  readonly manifests?: string;
  readonly quiet?: boolean;
}

function alreadyRunning(pid: number): HeartlineError {
  return new HeartlineError('ALREADY_EXISTS', `already running, pid ${pid}`);
}

/** `heartline up`: settles when everything has stopped. */
export async function runUp(terminal: Terminal, flags: UpFlags): Promise<number> {
  const paths = statePaths(resolve(terminal.cwd, flags.dataDir));
  makeStateDirectories(paths);
  const unlock = lockProcess(paths.lock, alreadyRunning);
  const progress = createProgress(terminal, flags.quiet ?? false);
  const household = createHousehold({ logs: paths.logs, clock: systemClock(), tell: progress.say });
  const stop = watchForStop(household, progress);
  try {
    const started = startAll(household, paths, flags, progress).then((policies) => {
      progress.end();
      if (!flags.quiet) terminal.out(summaryText(terminal, paths, flags, policies));
    });
    await Promise.race([started.then(() => stop.requested), stop.requested]);
    return 0;
  } finally {
    await household.stop();
    progress.end();
    stop.dispose();
    unlock();
  }
}

/** Settles once everything is ready, with the number of policies that are there. */
async function startAll(
  household: Household,
  paths: StatePaths,
  flags: UpFlags,
  progress: Progress,
): Promise<number> {
  const ports = portsWithOffset(flags.portOffset);
  const { podIp, portOffset } = flags;
  await checkPorts(ports, podIp);
  const token = readOrCreateToken(paths.apiToken);
  readOrCreateToken(paths.workerToken);
  const listenAddresses = loopbackAddresses();
  const specs = childSpecs({
    ...{ ports, portOffset, podIp, paths, listenAddresses },
    ...(flags.manifests === undefined ? {} : { manifests: resolve(flags.manifests) }),
  });
  progress.step('starting the control plane and the httpbin sample');
  await Promise.all([household.start(specs.controlPlane), household.start(specs.httpbin)]);
  const access = {
    server: `https://${LOOPBACK}:${ports.api}`,
    certificateAuthority: readFileSync(paths.certificateAuthority, 'utf8'),
    token,
  };
  const workerAdmin = `${podIp}:${ports.admin}`;
  writePrivateFile(paths.kubeconfig, renderKubeconfig({ ...access, workerAdmin }));
  const client = createApiClient(access);
  await applyExample(client, paths.examples, ports.httpbin);
  progress.step('starting the worker');
  await household.start(specs.worker);
  const { items } = await client.list(kindNamed('AgentgatewayPolicy'), undefined);
  return items.length;
}

interface StopWatch {
  /** Settles at the first request to stop. */
  readonly requested: Promise<void>;
  dispose(): void;
}

/** The first Ctrl-C stops in order, the second at once. */
function watchForStop(household: Household, progress: Progress): StopWatch {
  // Between the death of every child and their restart nothing else would hold the process.
  const hold = setInterval(() => undefined, 2 ** 30);
  let isStopping = false;
  let request: () => void = () => undefined;
  const requested = new Promise<void>((resolve) => {
    request = resolve;
  });
  const release = onStopSignal(() => {
    if (isStopping) household.kill();
    else progress.say('stopping; once more to stop at once');
    isStopping = true;
    request();
  });
  const dispose = (): void => {
    release();
    clearInterval(hold);
  };
  return { requested, dispose };
}

function summaryText(
  terminal: Terminal,
  paths: StatePaths,
  flags: UpFlags,
  policies: number,
): string {
  const isDefault = paths.root === join(terminal.cwd, STATE_DIRECTORY);
  return renderSummary({
    ports: portsWithOffset(flags.portOffset),
    podIp: flags.podIp,
    kubeconfig: paths.kubeconfig,
    policies,
    isKubeconfigFound: isDefault,
  });
}
