// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiClient } from '../../control-plane/cli/client/api-client.js';
import { renderKubeconfig } from '../../control-plane/cli/kubeconfig/kubeconfig.js';
import { applyExample } from '../../control-plane/cli/up/first-start.js';
import { eventually } from './eventually.js';
import { readWorkerRow } from './installation.js';
import type { PlaneProcess, Planes } from './planes.js';

export interface RunningPlanes {
  readonly controlPlane: PlaneProcess;
  readonly worker: PlaneProcess;
}

/** Starts everything one by one, writes a kubeconfig and applies the example Gateway, as `heartline up` does; serves when it settles. */
export async function bringUp(planes: Planes): Promise<RunningPlanes> {
  planes.startHttpbin();
  const controlPlane = planes.startControlPlane();
  await untilUp(planes, controlPlane);
  const token = readFileSync(join(planes.dataDir, 'api.token'), 'utf8').trim();
  const server = `http://127.0.0.1:${planes.port(9979)}`;
  const workerAdmin = `127.0.0.1:${planes.port(15_000)}`;
  const kubeconfig = renderKubeconfig({ server, token, workerAdmin });
  writeFileSync(join(planes.dataDir, 'kubeconfig'), kubeconfig, { mode: 0o600 });
  const client = createApiClient({ server, token });
  await applyExample(client, join(planes.dataDir, 'examples.json'), planes.port(18_000));
  const worker = planes.startWorker();
  await untilInSync(planes);
  await eventually(() => assertServing(planes));
  return { controlPlane, worker };
}

/** Waits until the control plane answers that it is ready; fails with its log when that process ends instead. */
export async function untilUp(
  { port }: Pick<Planes, 'port'>,
  controlPlane?: PlaneProcess,
): Promise<void> {
  const isUp = await eventually(async () => {
    if (controlPlane !== undefined && controlPlane.child.exitCode !== null) return false;
    const { status } = await fetch(`http://127.0.0.1:${port(9979)}/readyz`);
    assert.equal(status, 200);
    return true;
  });
  assert.ok(isUp, `the control plane ended: ${controlPlane?.log()}`);
}

/** Waits until the control plane shows that the worker has the desired version in force. */
export async function untilInSync(planes: Pick<Planes, 'port' | 'dataDir'>): Promise<void> {
  await eventually(async () => {
    const { state, desired, inForce } = await readWorkerRow(planes);
    assert.equal(state, 'InSync');
    assert.equal(inForce, desired);
  });
}

/** A request through the HTTP listener reaches the sample. */
export async function assertServing({ port }: Pick<Planes, 'port'>): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port(8080)}/get`);
  await response.arrayBuffer();
  assert.equal(response.status, 200);
}
