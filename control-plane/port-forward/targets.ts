// SPDX-License-Identifier: Apache-2.0

import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { ForwardTarget, WorkerPlace } from '../../shared/events/event.js';
import { formatNamespacedName, type NamespacedName } from '../../shared/names/gateway-name.js';

/** The ports of the pod as the world knows them; `--port-offset` and the like move what is bound, not these. */
const WELL_KNOWN: Readonly<Record<ForwardTarget, number>> = {
  admin: 15_000,
  readiness: 15_021,
  stats: 15_020,
};
const TARGETS = Object.keys(WELL_KNOWN) as ForwardTarget[];

/** What the worker says it has bound; only to find the name, never to connect to. */
type BoundPorts = WorkerPlace['ports'] | undefined;

/** Which of its own servers a worker is asked for by this port of its pod: by the port it bound, else by the well-known one. Undefined = none. */
export function targetOfPort(port: number, bound: BoundPorts): ForwardTarget | undefined {
  const isBound = (target: ForwardTarget): boolean => port !== 0 && bound?.[target] === port;
  return TARGETS.find(isBound) ?? TARGETS.find((target) => WELL_KNOWN[target] === port);
}

/** For the person who asked for another port. */
export function noSuchTarget(port: number, pod: NamespacedName): HeartlineError {
  const list = TARGETS.map((target) => `${WELL_KNOWN[target]} (${target})`).join(', ');
  return new HeartlineError(
    'INVALID_ARGUMENT',
    `port ${port} of pod ${formatNamespacedName(pod)} cannot be forwarded; these can: ${list}`,
  );
}
