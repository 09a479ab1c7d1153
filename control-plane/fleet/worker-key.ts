// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef, WorkerRef } from '../../shared/events/event.js';

/** The worker that an identity speaks for: its key is the same on its xDS and its report stream. */
export function workerRef(identity: string, gateway: GatewayRef, nodeId: string): WorkerRef {
  return { key: `${identity}/${gateway.cluster}/${nodeId}`, nodeId, gateway };
}
