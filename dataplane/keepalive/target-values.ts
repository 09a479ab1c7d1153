// SPDX-License-Identifier: Apache-2.0
import type { TcpKeepalive } from '../engine/plan.js';

/** What is to be written for a plan's values: "off" means the system's values, not the plan's. */
export function resolveKeepalive(planned: TcpKeepalive, system: TcpKeepalive): TcpKeepalive {
  return planned.enabled ? planned : system;
}

export function sameKeepalive(a: TcpKeepalive, b: TcpKeepalive): boolean {
  return (
    a.enabled === b.enabled &&
    a.idleSeconds === b.idleSeconds &&
    a.intervalSeconds === b.intervalSeconds &&
    a.probes === b.probes
  );
}
