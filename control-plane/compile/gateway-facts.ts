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
  readonly rejected: readonly RejectedResource[];
  readonly listenerErrors: readonly ListenerError[];
}

export interface RejectedResource {
  readonly worker: string;
  /** Resource.name; empty when the worker named none. */
  readonly resource: string;
  readonly message: string;
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
  const rejection = facts.rejected.find(({ resource }) => resource === '' || isOurs(resource));
  if (rejection !== undefined) {
    const { worker, resource, message } = rejection;
    return finding(
      'InForce',
      'False',
      'Rejected',
      `worker ${worker} rejected ${resource || 'its configuration'}: ${message}`,
    );
  }
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
