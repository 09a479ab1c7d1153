// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import type { WorkerPlace } from '../../shared/events/event.js';
import type { Hello__Output } from '../../shared/proto/gen/heartline/fleet/v1/Hello.js';

/** RFC 1123, as names of Kubernetes nodes are. */
const NODE_NAME = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;
const MAX_PORT = 65_535;

/** What Hello says about where the worker runs; what has not the form it should have counts as unknown. */
export function placeOf(hello: Hello__Output): WorkerPlace {
  const nodeName = hello.nodeName?.toLowerCase() ?? '';
  return {
    nodeName: NODE_NAME.test(nodeName) ? nodeName : '',
    podIp: isIP(hello.podIp ?? '') === 0 ? '' : (hello.podIp ?? ''),
    startedAtMs: Math.max(0, hello.startedAtUnixMs ?? 0),
    ports: {
      admin: portOf(hello.adminPort),
      stats: portOf(hello.statsPort),
      readiness: portOf(hello.readinessPort),
    },
  };
}

function portOf(port = 0): number {
  return port <= MAX_PORT ? port : 0;
}
