// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../shared/time/clock.js';
import type { EngineLimits } from '../engine/limits.js';
import type { SocketOptions } from '../keepalive/socket-options.js';
import type { ConnectionRegistry } from '../listeners/registry.js';

/** What the driver of a connection needs besides the connection. */
export interface ConnectionContext {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly limits: EngineLimits;
  readonly registry: ConnectionRegistry;
  readonly socketOptions: SocketOptions;
}
