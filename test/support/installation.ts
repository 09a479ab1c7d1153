// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiPathOf, KINDS } from '../../control-plane/policy/kinds.js';

/** Real processes on one machine, told apart by their ports and data directory: a Stack, or Planes. */
export interface Installation {
  /** Data directory of the control plane, with the tokens. */
  readonly dataDir: string;
  /** 127.0.0.1 port of a service whose default port is `base`. */
  port(base: number): number;
}

export interface ApiAnswer {
  readonly status: number;
  /** Our own error code; empty for a success. */
  readonly code: string;
  readonly body: unknown;
}

/** One request to the HTTP API, with its token. */
export async function callApi(
  { dataDir, port }: Installation,
  method: string,
  path: string,
  body?: object,
): Promise<ApiAnswer> {
  const token = readFileSync(join(dataDir, 'api.token'), 'utf8').trim();
  const response = await fetch(`http://127.0.0.1:${port(9979)}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    code: response.headers.get('heartline-code') ?? '',
    body: text.startsWith('{') ? JSON.parse(text) : text,
  };
}

/** Objects of every kind as a reader of the API sees them, and the revision of the log they were read at. */
export interface State {
  readonly revision: string;
  readonly objects: readonly StoredObject[];
}

export interface StoredObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: unknown;
  readonly status?: unknown;
}

export async function readState(installation: Installation): Promise<State> {
  const objects: StoredObject[] = [];
  let revision = '';
  for (const kind of KINDS) {
    const path = `${apiPathOf(kind)}/${kind.plural}`;
    const { body } = await callApi(installation, 'GET', path);
    const list = body as { metadata: { resourceVersion: string }; items: StoredObject[] };
    revision = list.metadata.resourceVersion;
    objects.push(...list.items);
  }
  return { revision, objects };
}

/** What GET gatewayreleases answers about Gateway httpbin/agentgateway-proxy. */
export interface Release {
  readonly head: number;
  readonly stable: number;
  readonly versions: readonly {
    readonly number: number;
    readonly label: string;
    readonly author: string;
    readonly reason: string;
  }[];
}

const FLEET = '/apis/fleet.heartline.dev/v1alpha1';

export async function readRelease(installation: Installation): Promise<Release> {
  const path = `${FLEET}/namespaces/httpbin/gatewayreleases/agentgateway-proxy`;
  const { body } = await callApi(installation, 'GET', path);
  return (body as { readonly status: Release }).status;
}

/** The row of the one worker. */
export interface WorkerRow {
  readonly state: string;
  readonly desired: string;
  readonly inForce: string;
  readonly connectedAt: string;
}

export async function readWorkerRow(installation: Installation): Promise<WorkerRow> {
  const { body } = await callApi(installation, 'GET', `${FLEET}/workers`);
  const [row] = (body as { readonly items: readonly { readonly status: WorkerRow }[] }).items;
  if (row === undefined) throw new Error('no worker is shown');
  return row.status;
}

/** What a worker says of itself on its stats and admin ports. */
export interface WorkerFacts {
  /** Label of the version it holds. */
  readonly version: string;
  /** Names of what is pending before it is ready. */
  readonly pending: readonly string[];
  readonly connected: boolean;
  /** Counted since its start: responses, and resources in them. */
  readonly responses: number;
  readonly resources: number;
  readonly lastGoodFailures: number;
}

export async function readWorker({ port }: Installation): Promise<WorkerFacts> {
  const text = async (base: number, path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port(base)}${path}`)).text();
  // In this order: a response is counted before its version is held, so these counts include it.
  const { version, pending } = JSON.parse(await text(15000, '/debug/summary')) as WorkerFacts;
  const metrics = await text(15020, '/metrics');
  return {
    version,
    pending,
    connected: sumMetric(metrics, 'heartline_xds_connected') === 1,
    responses: sumMetric(metrics, 'heartline_xds_messages_total'),
    resources: sumMetric(metrics, 'heartline_xds_resources_total'),
    lastGoodFailures: sumMetric(metrics, 'heartline_last_good_write_failures_total'),
  };
}

/** Sum over all label sets; 0 when the metric is not there yet. */
function sumMetric(metrics: string, name: string): number {
  const lines = metrics.split('\n').filter((line) => new RegExp(`^${name}[ {]`).test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
