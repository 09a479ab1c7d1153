// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { callHttp } from './http-request.js';

/** One open connection in the worker's answer; every value was read for that answer. */
export interface ConnectionRow {
  readonly id: number;
  readonly side: string;
  readonly bindKey: string;
  readonly protocol: string;
  readonly peer: string;
  readonly state: string;
  readonly ageMs: number;
  readonly idleMs: number;
  readonly version: string;
  readonly inForce: boolean;
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

/** Connections per page: an answer of about 300 KB, made in a few milliseconds on the worker's loop. */
const PAGE_SIZE = 1000;

/** Every open connection of the worker at `admin` (host:port), page by page. */
export async function readConnections(admin: string): Promise<readonly ConnectionRow[]> {
  const rows: ConnectionRow[] = [];
  let afterId: number | undefined = 0;
  while (afterId !== undefined) {
    const path = `/connections?afterId=${afterId}&limit=${PAGE_SIZE}`;
    const page: ConnectionPage = (await readAdmin(admin, path)) as ConnectionPage;
    rows.push(...page.connections);
    afterId = page.nextAfterId;
  }
  return rows;
}

export interface ConfigDump {
  readonly policies?: readonly { readonly name?: { readonly name?: string } | null }[];
}

export async function readConfigDump(admin: string): Promise<ConfigDump> {
  return (await readAdmin(admin, '/config_dump')) as ConfigDump;
}

/** A worker that is not ready answers all the same; a wrong port usually answers no JSON. */
async function readAdmin(admin: string, path: string): Promise<unknown> {
  const url = `http://${admin}${path}`;
  if (!URL.canParse(url)) {
    throw new HeartlineError('INVALID_ARGUMENT', `worker address ${admin} is not HOST:PORT`);
  }
  const answer = await callHttp({ url, peer: "the worker's admin listener" });
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
