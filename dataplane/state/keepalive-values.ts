// SPDX-License-Identifier: Apache-2.0
import type { KeepaliveConfig__Output as WireKeepalive } from '../../shared/proto/gen/agentgateway/dev/resource/KeepaliveConfig.js';
import { fromWireDurationMs, type WireDuration } from '../../shared/time/duration.js';
import type { TcpKeepalive } from '../engine/plan.js';
import type { Findings } from './diagnostic.js';

/** What the reference proxy fills in for fields that a tcp policy leaves out, and for upstream sockets. */
export const REFERENCE_KEEPALIVE: TcpKeepalive = Object.freeze({
  enabled: true,
  idleSeconds: 180,
  intervalSeconds: 180,
  probes: 9,
});

/** Linux include/net/tcp.h: MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL in seconds, MAX_TCP_KEEPCNT. */
export const MAX_KERNEL_SECONDS = 32_767;
const MAX_KERNEL_PROBES = 127;

/** The kernel's values of a wire keepalive; parts of a second are cut off, as the reference proxy does. */
export function keepaliveValues(wire: WireKeepalive | undefined): TcpKeepalive {
  return {
    enabled: true,
    idleSeconds: wholeSeconds(wire?.time) ?? REFERENCE_KEEPALIVE.idleSeconds,
    intervalSeconds: wholeSeconds(wire?.interval) ?? REFERENCE_KEEPALIVE.intervalSeconds,
    probes: wire?.retries ?? REFERENCE_KEEPALIVE.probes,
  };
}

/** `path` names the wire field in the messages, e.g. `frontend.tcp.keepalives`. */
export function checkKeepalive(wire: WireKeepalive | undefined, path: string): Findings {
  const errors: string[] = [];
  const warnings: string[] = [];
  const values = keepaliveValues(wire);
  const checkSeconds = (field: 'time' | 'interval', seconds: number, option: string): void => {
    const sent = wire?.[field];
    if (sent === undefined) return;
    if (seconds < 1 || seconds > MAX_KERNEL_SECONDS) {
      errors.push(
        `${path}.${field} is ${fromWireDurationMs(sent) / 1000} s; ${option} takes 1 to ${MAX_KERNEL_SECONDS} whole seconds`,
      );
    } else if ((sent.nanos ?? 0) !== 0) {
      warnings.push(
        `${path}.${field} is ${fromWireDurationMs(sent) / 1000} s; ${option} takes whole seconds, ${seconds} s is used`,
      );
    }
  };
  checkSeconds('time', values.idleSeconds, 'TCP_KEEPIDLE');
  checkSeconds('interval', values.intervalSeconds, 'TCP_KEEPINTVL');
  if (values.probes < 1 || values.probes > MAX_KERNEL_PROBES) {
    errors.push(`${path}.retries is ${values.probes}; TCP_KEEPCNT takes 1 to ${MAX_KERNEL_PROBES}`);
  }
  return { errors, warnings };
}

function wholeSeconds(wire: WireDuration | undefined): number | undefined {
  return wire === undefined ? undefined : Math.trunc(fromWireDurationMs(wire) / 1000);
}
