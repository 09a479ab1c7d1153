// SPDX-License-Identifier: Apache-2.0
import type { HttpSettings, TcpKeepalive } from '../engine/plan.js';
import { sameKeepalive } from '../keepalive/target-values.js';
import type { ConnectionGroup } from './connection.js';

export type NewGroup = Pick<
  ConnectionGroup,
  'key' | 'side' | 'target' | 'http' | 'bind' | 'version' | 'closer' | 'access'
>;

/** A group without connections. */
export function createGroup(parts: NewGroup): ConnectionGroup {
  const { key, side, target, http, bind, version, closer, access } = parts;
  return {
    key,
    side,
    target,
    generation: 1,
    http,
    bind,
    version,
    closer,
    access,
    open: 0,
    inForce: 0,
    failed: 0,
    watchMs: Number.POSITIVE_INFINITY,
  };
}

export interface GroupValues {
  readonly target: TcpKeepalive;
  readonly http: HttpSettings | undefined;
  readonly version: string;
}

/**
 * Gives a group new values. Equal values are no new generation: connections that were verified with them
 * stay in force, under the new version, without a system call.
 */
export function retarget(group: ConnectionGroup, values: GroupValues): void {
  group.version = values.version;
  if (!sameHttp(group.http, values.http)) group.http = values.http;
  if (sameKeepalive(group.target, values.target)) return;
  group.target = values.target;
  group.generation += 1;
  group.inForce = 0;
  group.failed = 0;
}

function sameHttp(a: HttpSettings | undefined, b: HttpSettings | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const keys = Object.keys(a) as (keyof HttpSettings)[];
  return keys.every((key) => a[key] === b[key]);
}
