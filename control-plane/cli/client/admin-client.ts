// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { callHttp } from './http-request.js';

/** One open connection in the worker's answer; every value was read for that answer. */
export interface ConnectionRow {
  readonly id: number;
  readonly side: string;
  readonly bindKey: string;
  readonly listener: string;
  readonly protocol: string;
  readonly peer: string;
  /** Behind a balancer that speaks the PROXY protocol; else the peer. */
  readonly client: string;
  readonly state: string;
  readonly ageMs: number;
  readonly idleMs: number;
  readonly version: string;
  readonly inForce: boolean;
  readonly settling: boolean;
  readonly deferred: boolean;
  readonly settingsPending: boolean;
  readonly requests: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Absent before the first PING; `roundTripMs` is absent until it is answered. */
  readonly lastPing?: { readonly sentAgoMs: number; readonly roundTripMs?: number };
  readonly tcp?: {
    readonly roundTripMs: number;
    readonly unackedSegments: number;
    readonly notSentBytes: number;
    readonly state: string;
  };
  /** Absent when the socket ended while the list was made. */
  readonly keepalive?: {
    readonly enabled: boolean;
    readonly idleSeconds: number;
    readonly intervalSeconds: number;
    readonly probes: number;
  };
}

export interface ConnectionPage {
  readonly connections: readonly ConnectionRow[];
  /** Absent on the last page. */
  readonly nextAfterId?: number;
  readonly total: number;
}

/** Connections per page: an answer of about 600 KB, made in some 10 ms on the worker's loop, in slices. */
const PAGE_SIZE = 1000;

/** Every open connection of the worker at `admin` (host:port) that meets the conditions, page by page. */
export async function readConnections(
  admin: string,
  conditions: ReadonlyMap<string, string>,
): Promise<readonly ConnectionRow[]> {
  const rows: ConnectionRow[] = [];
  let afterId: number | undefined = 0;
  while (afterId !== undefined) {
    const page = await readConnectionPage(admin, conditions, { afterId, limit: PAGE_SIZE });
    rows.push(...page.connections);
    afterId = page.nextAfterId;
  }
  return rows;
}

/** One page; without `limit` it is as long as the worker likes. */
export async function readConnectionPage(
  admin: string,
  conditions: ReadonlyMap<string, string>,
  { afterId, limit }: { readonly afterId: number; readonly limit: number | undefined },
): Promise<ConnectionPage> {
  const query = new URLSearchParams({ afterId: `${afterId}` });
  if (limit !== undefined) query.set('limit', `${limit}`);
  for (const [name, value] of conditions) query.set(name, value);
  return (await readAdmin(admin, `/connections?${query}`)) as ConnectionPage;
}

export interface ConfigDump {
  readonly policies?: readonly { readonly name?: { readonly name?: string } | null }[];
}

/** Without a profile in the worker's default one. */
export async function readConfigDump(admin: string, profile?: string): Promise<ConfigDump> {
  const query = profile === undefined ? '' : `?${new URLSearchParams({ profile })}`;
  return (await readAdmin(admin, `/config_dump${query}`)) as ConfigDump;
}

/** A worker that is not ready answers all the same; a wrong port usually answers no JSON. */
async function readAdmin(admin: string, path: string): Promise<unknown> {
  const url = `http://${admin}${path}`;
  if (!URL.canParse(url)) {
    throw new HeartlineError('INVALID_ARGUMENT', `worker address ${admin} is not HOST:PORT`);
  }
  const answer = await callHttp({ url, peer: "the worker's admin listener" });
  if (answer.status === 400) throw new HeartlineError('INVALID_ARGUMENT', answer.text.trim());
  if (answer.status !== 200) {
    throw new HeartlineError(
      'UNAVAILABLE',
      `the worker at ${admin} answered ${answer.status} to ${path}: ${answer.text.trim().slice(0, 200)}`,
    );
  }
  try {
    return JSON.parse(answer.text) as unknown;
  } catch (cause) {
    throw new HeartlineError(
      'INVALID_WIRE',
      `${admin} answered ${path} with something that is no JSON; is it the admin address of a worker?`,
      { cause },
    );
  }
}
