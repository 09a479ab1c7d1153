// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../../shared/time/clock.js';
import { isJsonObject } from '../../policy/structural-schema.js';
import type { ClusterClient, ClusterResult } from './cluster-client.js';
import {
  isLeader,
  LEASE_TIMING,
  type LeasePlan,
  type LeaseSpec,
  leaseWritten,
  newLeaseState,
  type ObservedLease,
  observeLease,
  planLease,
  releasedSpec,
} from './lease-machine.js';

export interface LeaseElectorOptions {
  readonly client: ClusterClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly namespace: string;
  readonly name: string;
  /** Who we are among the replicas; no two have the same. */
  readonly identity: string;
  /** Called when leadership comes and goes. */
  readonly onChange: (isLeader: boolean) => void;
}

/** Takes part in the election over one Lease until it is stopped. */
export interface LeaseElector {
  start(): void;
  isLeader(): boolean;
  /** Releases the Lease when it is ours, so that the next replica takes over at once. */
  stop(): Promise<void>;
}

/** A try that takes longer is given up: the next one is due. */
const REQUEST_MS = 5_000;

export function createLeaseElector(options: LeaseElectorOptions): LeaseElector {
  const { client, clock, logger, namespace, name } = options;
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const stopping = new AbortController();
  let state = newLeaseState(options.identity);
  let wasLeader = false;
  let timers: readonly Timer[] = [];
  let trying: Promise<void> | undefined;
  let problem: string | undefined;

  const send = (
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: object,
    signal = stopping.signal,
  ): Promise<ClusterResult<unknown>> =>
    client.send({
      ...{ method, path, silenceMs: REQUEST_MS, signal },
      ...(body === undefined ? {} : { body }),
    });

  const settle = (): void => {
    const leads = isLeader(state, clock.monotonicMs());
    if (leads === wasLeader) return;
    wasLeader = leads;
    logger.info({ lease: `${namespace}/${name}` }, leads ? LEADS : FOLLOWS);
    options.onChange(leads);
  };

  const write = (plan: Extract<LeasePlan, { do: 'write' }>, signal?: AbortSignal) =>
    plan.resourceVersion === undefined
      ? send('POST', collection, leaseObject(plan.spec, undefined), signal)
      : send('PUT', `${collection}/${name}`, leaseObject(plan.spec, plan.resourceVersion), signal);

  const leaseObject = (spec: LeaseSpec, resourceVersion: string | undefined): object => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec,
  });

  /** Reads, and takes or renews the Lease if that is due. */
  const attempt = async (): Promise<void> => {
    const read = await send('GET', `${collection}/${name}`);
    const seen = read.ok ? readLease(read.value) : undefined;
    if (!read.ok && read.status !== 404) return note(read.failure.message);
    state = observeLease(state, seen, clock.monotonicMs());
    const plan = planLease(state, clock.monotonicMs(), clock.wallMs());
    if (plan.do === 'wait') return note(undefined);
    const startedMs = clock.monotonicMs();
    const written = await write(plan);
    const lease = written.ok ? readLease(written.value) : undefined;
    if (lease !== undefined) state = leaseWritten(state, lease, startedMs);
    // Somebody else was faster: that is what the election is for.
    if (!written.ok && written.status !== 409) note(written.failure.message);
    else note(undefined);
  };

  const note = (message: string | undefined): void => {
    if (message !== undefined && message !== problem && !stopping.signal.aborted) {
      logger.warn(
        { lease: `${namespace}/${name}`, message },
        'the Lease was not read or written, trying again',
      );
    }
    problem = message;
  };

  const run = (): void => {
    trying = attempt().finally(() => {
      trying = undefined;
      settle();
      schedule();
    });
  };

  const schedule = (): void => {
    if (stopping.signal.aborted) return;
    for (const timer of timers) timer.cancel();
    // Followers spread out, so that a released Lease is not fought for by all at once.
    const jitter = wasLeader ? 1 : 1 + 0.2 * options.random();
    const overdueMs = (state.renewedAtMs ?? 0) + LEASE_TIMING.renewDeadlineMs - clock.monotonicMs();
    timers = [
      clock.after(LEASE_TIMING.retryMs * jitter, run),
      ...(wasLeader ? [clock.after(overdueMs, settle)] : []),
    ];
  };

  return {
    start: run,
    isLeader: () => isLeader(state, clock.monotonicMs()),
    async stop() {
      const led = isLeader(state, clock.monotonicMs());
      stopping.abort();
      for (const timer of timers) timer.cancel();
      await trying;
      if (!led || state.observed === undefined) return;
      const { resourceVersion } = state.observed;
      const spec = releasedSpec(state, clock.wallMs());
      await write({ do: 'write', spec, resourceVersion }, AbortSignal.timeout(REQUEST_MS));
      state = { ...state, renewedAtMs: undefined };
    },
  };
}

const LEADS = 'this replica is the leader and reports statuses to the cluster';
const FOLLOWS = 'this replica is not the leader, another one reports statuses';

function readLease(value: unknown): ObservedLease | undefined {
  if (!isJsonObject(value) || !isJsonObject(value['metadata'])) return undefined;
  const { resourceVersion } = value['metadata'];
  const spec = isJsonObject(value['spec']) ? value['spec'] : {};
  return typeof resourceVersion === 'string'
    ? { resourceVersion, spec: spec as LeaseSpec }
    : undefined;
}
