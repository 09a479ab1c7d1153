// SPDX-License-Identifier: Apache-2.0

const DAY_MS = 86_400_000;

/** A certificate holds for clocks that are this much behind ours. */
const SKEW_MS = 3_600_000;

/** Who has it need not ask again for long: it is in kubeconfigs. cert-manager's and kubeadm's authorities live as long. */
export const AUTHORITY_LIFE_MS = 3650 * DAY_MS;

/** As kubeadm's server certificates. */
export const SERVER_LIFE_MS = 365 * DAY_MS;

/** Milliseconds since the Unix epoch. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** From a little before now, never longer than its issuer's. */
export function validityFrom(nowMs: number, lifeMs: number, issuer?: Validity): Validity {
  return {
    notBeforeMs: nowMs - SKEW_MS,
    notAfterMs: Math.min(nowMs + lifeMs, issuer?.notAfterMs ?? Number.POSITIVE_INFINITY),
  };
}

/** When a third of its life is left: the moment at which the usual tools renew. */
export function renewalMs({ notBeforeMs, notAfterMs }: Validity): number {
  return notAfterMs - (notAfterMs - notBeforeMs) / 3;
}
