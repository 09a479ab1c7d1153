// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { type Finding, finding } from './conditions.js';

/** What the fleet knows about one gateway at this moment; status is computed from it and never guesses. */
export interface GatewayFacts {
  /** Label of the version the workers should run; empty before the first. */
  readonly desiredLabel: string;
  /** Workers with a stream. */
  readonly liveWorkers: number;
  /** Of those: report the desired version in force. */
  readonly inForceWorkers: number;
  /** Of those: accepted the desired version and have no report stream, so nothing is known. */
  readonly notReportedWorkers: number;
  /** The newest change of the Gateway is stored and not published yet: nobody runs it, whatever the counts say. */
  readonly unpublished?: boolean;
  readonly rejected: readonly RejectedResource[];
  readonly listenerErrors: readonly ListenerError[];
}

export interface RejectedResource {
  readonly worker: string;
  /** Resource.name; empty when the worker named none. */
  readonly resource: string;
  readonly message: string;
  /** The worker has everything else of the desired version in force, so it is counted there. */
  readonly countedInForce?: boolean;
}

export interface ListenerError {
  /** Key of the listener or of its bind. */
  readonly listener: string;
  /** What the worker reported, such as `bind 0.0.0.0:8080: EADDRINUSE`. */
  readonly message: string;
}

/** Whether what this gateway's workers should run is what they run. `isOurs` picks the rejections that matter. */
export function findInForce(
  gateway: NamespacedName,
  facts: GatewayFacts | undefined,
  isOurs: (resource: string) => boolean,
): Finding {
  const name = `${gateway.namespace}/${gateway.name}`;
  if (facts === undefined || facts.liveWorkers === 0) {
    return finding('InForce', 'False', 'NoWorkers', `no worker is connected for Gateway ${name}`);
  }
  const { desiredLabel, liveWorkers, inForceWorkers, notReportedWorkers } = facts;
  if (facts.unpublished) {
    const message = `the newest change of Gateway ${name} is not published yet`;
    return finding('InForce', 'False', 'RollingOut', message);
  }
  const rejected = sayRejected(facts, (resource) => resource === '' || isOurs(resource));
  if (rejected !== undefined) return finding('InForce', 'False', 'Rejected', rejected);
  const count = `${inForceWorkers} of ${liveWorkers} workers of Gateway ${name}`;
  if (inForceWorkers >= liveWorkers) {
    return finding('InForce', 'True', 'InForce', `version ${desiredLabel} is in force on ${count}`);
  }
  if (inForceWorkers + notReportedWorkers >= liveWorkers) {
    const silent = `${notReportedWorkers} do not report what is in force`;
    return finding(
      'InForce',
      'Unknown',
      'NotReported',
      `version ${desiredLabel} is in force on ${count}; ${silent}`,
    );
  }
  return finding(
    'InForce',
    'False',
    'RollingOut',
    `version ${desiredLabel} is in force on ${count}`,
  );
}

/** Workers that run something, of those that should. */
export interface WorkerCount {
  readonly inForce: number;
  readonly live: number;
}

/** Live workers of a gateway, and those of them that have every resource of `isOurs` in force. */
export function countInForce(
  facts: GatewayFacts | undefined,
  isOurs: (resource: string) => boolean,
): WorkerCount {
  if (facts === undefined) return { inForce: 0, live: 0 };
  const { inForceWorkers, liveWorkers, rejected, unpublished } = facts;
  if (unpublished) return { inForce: 0, live: liveWorkers };
  const refusing = rejected.filter(
    ({ countedInForce, resource }) => countedInForce && (resource === '' || isOurs(resource)),
  );
  const without = new Set(refusing.map(({ worker }) => worker)).size;
  return { inForce: inForceWorkers - without, live: liveWorkers };
}

/** A status is read in a table or a list: enough of the worker's words to know what to look for. */
const MAX_QUOTED_CHARS = 300;

/** What was rejected, by how many workers, and the words of the first of them; undefined when nothing was. */
export function sayRejected(
  { liveWorkers, rejected }: GatewayFacts,
  isMeant: (resource: string) => boolean,
): string | undefined {
  const rejection = rejected.find(({ resource }) => isMeant(resource));
  if (rejection === undefined) return undefined;
  const { worker, resource, message } = rejection;
  const same = rejected.filter((one) => one.resource === resource).map((one) => one.worker);
  const count = new Set(same).size;
  const workers =
    count === 1 ? `worker ${worker}` : `${count} of ${liveWorkers} workers, such as ${worker},`;
  const words =
    message.length > MAX_QUOTED_CHARS ? `${message.slice(0, MAX_QUOTED_CHARS)}…` : message;
  return `${workers} rejected ${resource || 'its configuration'}: ${words}`;
}
