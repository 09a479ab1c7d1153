// SPDX-License-Identifier: Apache-2.0

/** The part of coordination.k8s.io/v1 LeaseSpec that elections read and write. */
export interface LeaseSpec {
  /** Empty or absent = released. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  /** RFC 3339 with microseconds (metav1.MicroTime). */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** A Lease as it was read. */
export interface ObservedLease {
  readonly resourceVersion: string;
  readonly spec: LeaseSpec;
}

/** Kubernetes' usual timing, as kube-controller-manager has it, milliseconds. */
export const LEASE_TIMING = {
  /** Others take a Lease that did not change for so long. */
  durationMs: 15_000,
  /** A leader that could not renew for so long stops to be one, before others may start. */
  renewDeadlineMs: 10_000,
  /** Between two tries. */
  retryMs: 2_000,
} as const;

export interface LeaseState {
  readonly identity: string;
  /** What was read last, and when it was first seen as it is, by our own monotonic clock. */
  readonly observed: (ObservedLease & { readonly sinceMs: number }) | undefined;
  /** Monotonic time at which our newest successful write was begun; undefined = we are not the leader. */
  readonly renewedAtMs: number | undefined;
}

/** What to write, or that somebody else holds it. `resourceVersion` undefined = the Lease has to be created. */
export type LeasePlan =
  | { readonly do: 'wait' }
  | {
      readonly do: 'write';
      readonly spec: LeaseSpec;
      readonly resourceVersion: string | undefined;
    };

export function newLeaseState(identity: string): LeaseState {
  return { identity, observed: undefined, renewedAtMs: undefined };
}

/**
 * Takes over what was read. Clocks of machines differ, so the times in a Lease are never compared with ours: what
 * counts is for how long we have seen it unchanged (as client-go does).
 */
export function observeLease(
  state: LeaseState,
  lease: ObservedLease | undefined,
  nowMs: number,
): LeaseState {
  if (lease === undefined) return { ...state, observed: undefined };
  const isSame = state.observed?.resourceVersion === lease.resourceVersion;
  const sinceMs = isSame ? (state.observed?.sinceMs ?? nowMs) : nowMs;
  const isOurs = lease.spec.holderIdentity === state.identity;
  return {
    ...state,
    observed: { ...lease, sinceMs },
    renewedAtMs: isOurs ? state.renewedAtMs : undefined,
  };
}

/** Whether to take or renew the Lease now. */
export function planLease(state: LeaseState, nowMs: number, wallMs: number): LeasePlan {
  const { observed, identity } = state;
  const now = formatMicroTime(wallMs);
  const fresh: LeaseSpec = {
    holderIdentity: identity,
    leaseDurationSeconds: LEASE_TIMING.durationMs / 1_000,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: 0,
  };
  if (observed === undefined) return { do: 'write', spec: fresh, resourceVersion: undefined };
  const { spec, resourceVersion, sinceMs } = observed;
  const { holderIdentity: holder = '', leaseTransitions = 0 } = spec;
  if (holder === identity) {
    const renewed = { ...spec, ...fresh, acquireTime: spec.acquireTime ?? now, leaseTransitions };
    return { do: 'write', spec: renewed, resourceVersion };
  }
  const durationMs = (spec.leaseDurationSeconds ?? LEASE_TIMING.durationMs / 1_000) * 1_000;
  if (holder !== '' && nowMs < sinceMs + durationMs) return { do: 'wait' };
  return {
    do: 'write',
    spec: { ...fresh, leaseTransitions: leaseTransitions + 1 },
    resourceVersion,
  };
}

/** Takes over that a write begun at `startedMs` succeeded: from its beginning counts how long it is good for. */
export function leaseWritten(
  state: LeaseState,
  written: ObservedLease,
  startedMs: number,
): LeaseState {
  return { ...state, observed: { ...written, sinceMs: startedMs }, renewedAtMs: startedMs };
}

/** False from the moment a renewal is overdue, whether anybody else has noticed or not. */
export function isLeader({ renewedAtMs }: LeaseState, nowMs: number): boolean {
  return renewedAtMs !== undefined && nowMs < renewedAtMs + LEASE_TIMING.renewDeadlineMs;
}

/** What a leader writes when it stops, so that nobody has to wait for the Lease to run out. */
export function releasedSpec({ observed }: LeaseState, wallMs: number): LeaseSpec {
  const now = formatMicroTime(wallMs);
  const leaseTransitions = observed?.spec.leaseTransitions ?? 0;
  return {
    holderIdentity: '',
    leaseDurationSeconds: 1,
    acquireTime: now,
    renewTime: now,
    leaseTransitions,
  };
}

/** metav1.MicroTime: six digits behind the second. */
function formatMicroTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
