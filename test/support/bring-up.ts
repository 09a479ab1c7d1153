// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiClient } from '../../control-plane/cli/client/api-client.js';
import { applyExample } from '../../control-plane/cli/up/first-start.js';
import { eventually } from './eventually.js';
import { readWorkerRow } from './installation.js';
import type { PlaneProcess, Planes } from './planes.js';

export interface RunningPlanes {
  readonly controlPlane: PlaneProcess;
  readonly worker: PlaneProcess;
}

/** Starts everything one by one and applies the example Gateway, as `heartline up` does; serves when it settles. */
export async function bringUp(planes: Planes): Promise<RunningPlanes> {
  planes.startHttpbin();
  const controlPlane = planes.startControlPlane();
  await untilUp(planes);
  const token = readFileSync(join(planes.dataDir, 'api.token'), 'utf8').trim();
  const client = createApiClient({ server: `http://127.0.0.1:${planes.port(9979)}`, token });
  await applyExample(client, join(planes.dataDir, 'examples.json'), planes.port(18_000));
  const worker = planes.startWorker();
  await untilInSync(planes);
  await eventually(() => assertServing(planes));
  return { controlPlane, worker };
}

/** Waits until the control plane answers that it is ready. */
export async function untilUp({ port }: Pick<Planes, 'port'>): Promise<void> {
  await eventually(async () => {
    const { status } = await fetch(`http://127.0.0.1:${port(9979)}/readyz`);
    assert.equal(status, 200);
  });
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
