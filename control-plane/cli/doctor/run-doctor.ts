// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { ERROR_CODES } from '../../../shared/errors/codes.js';
import { toHeartlineError } from '../../../shared/errors/heartline-error.js';
import { isLoopback, parseHostPort } from '../../../shared/names/host-port.js';
import { readConfigDump } from '../client/admin-client.js';
import { createApiClient } from '../client/api-client.js';
import type { Connection } from '../kubeconfig/kubeconfig.js';
import { loadConnection } from '../kubeconfig/load.js';
import { type OutputFormat, renderValue } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { Terminal } from '../terminal.js';
import { LOOPBACK, MAX_PORT_OFFSET, portsWithOffset, UP_PORTS } from '../up/ports.js';
import { statePaths } from '../up/state-paths.js';
import { checkCluster } from './check-cluster.js';
import { checkManifests } from './check-manifests.js';
import {
  type Check,
  checkCertificate,
  checkKubectl,
  checkMachine,
  checkPortFacts,
  checkTokenFile,
  failure,
  ok,
  warning,
} from './checks.js';
import { readCertificateFact, readKubectlVersion } from './client-facts.js';
import { readFileFact, readMachineFacts, readPortFacts } from './facts.js';

export interface DoctorFlags {
  readonly output: OutputFormat;
  readonly kubeconfig?: string;
}

/** `heartline doctor`. */
export async function runDoctor(terminal: Terminal, flags: DoctorFlags): Promise<number> {
  const checks = await runChecks(terminal, flags.kubeconfig);
  if (flags.output === 'table') {
    const rows = checks.map(({ name, verdict, detail }) => [verdict, name, detail]);
    terminal.out(renderTable(['VERDICT', 'CHECK', 'FOUND'], rows));
  } else {
    terminal.out(renderValue({ checks }, flags.output));
  }
  const isWell = checks.every(({ verdict }) => verdict !== 'failure');
  return isWell ? 0 : ERROR_CODES.UNAVAILABLE.exit;
}

async function runChecks(
  terminal: Terminal,
  kubeconfig: string | undefined,
): Promise<readonly Check[]> {
  const machine = [...checkMachine(readMachineFacts()), checkKubectl(await readKubectlVersion())];
  const connection = findConnection(terminal, kubeconfig);
  if ('verdict' in connection) {
    const ports = await readPortFacts(portsWithOffset(0), LOOPBACK);
    return [...machine, ...checkPortFacts(ports, false), connection];
  }
  const api = await checkApi(connection);
  const ports = await readPortFacts(portsWithOffset(offsetOf(connection)), podIpOf(connection));
  return [
    ...machine,
    ...checkPortFacts(ports, api.verdict === 'ok'),
    ok('kubeconfig', connection.path),
    ...checkTokens(connection),
    api,
    checkCertificate(await readCertificateFact(connection)),
    ...(await checkManifestFolder(connection)),
    ...(await checkClusterSource(connection)),
    await checkWorker(connection),
  ];
}

function findConnection(terminal: Terminal, kubeconfig: string | undefined): Connection | Check {
  try {
    return loadConnection(terminal, kubeconfig);
  } catch (thrown) {
    return failure('kubeconfig', toHeartlineError(thrown).message);
  }
}

/** What `up --port-offset` was when it wrote this kubeconfig; 0 for a server elsewhere. */
function offsetOf(connection: Connection): number {
  const offset = Number(new URL(connection.server).port) - UP_PORTS.api.port;
  return offset >= 0 && offset <= MAX_PORT_OFFSET ? offset : 0;
}

/** What `up --pod-ip` was when it wrote this kubeconfig; 127.0.0.1 for a worker elsewhere. */
function podIpOf({ workerAdmin }: Connection): string {
  const host = parseHostPort(workerAdmin ?? '')?.host ?? '';
  return isLoopback(host) ? host : LOOPBACK;
}

/** The token files that `up` keeps beside its kubeconfig. */
function checkTokens(connection: Connection): readonly Check[] {
  const { apiToken, workerToken, kubeconfig } = statePaths(dirname(connection.path));
  if (kubeconfig !== connection.path) return [];
  const files = [kubeconfig, apiToken, workerToken];
  return files.map((path) => checkTokenFile(readFileFact(path)));
}

async function checkApi(connection: Connection): Promise<Check> {
  try {
    const client = createApiClient(connection);
    const { items } = await client.workers();
    const { gitVersion } = await client.version();
    return ok('API server', `${connection.server} ${gitVersion}, workers: ${items.length}`);
  } catch (thrown) {
    return failure('API server', toHeartlineError(thrown).message);
  }
}

async function checkManifestFolder(connection: Connection): Promise<readonly Check[]> {
  try {
    const status = await createApiClient(connection).manifests();
    return status === undefined ? [] : checkManifests(status);
  } catch {
    // The line about the API server says why it cannot be asked.
    return [];
  }
}

async function checkClusterSource(connection: Connection): Promise<readonly Check[]> {
  try {
    return checkCluster(await createApiClient(connection).metrics());
  } catch {
    // The line about the API server says why it cannot be asked.
    return [];
  }
}

async function checkWorker(connection: Connection): Promise<Check> {
  const { workerAdmin } = connection;
  if (workerAdmin === undefined) {
    return warning('worker', 'the kubeconfig names no worker');
  }
  try {
    const { policies } = await readConfigDump(workerAdmin);
    return ok('worker', `${workerAdmin} runs; policies: ${policies?.length ?? 0}`);
  } catch (thrown) {
    return failure('worker', toHeartlineError(thrown).message);
  }
}
