// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { EngineOptions } from '../../dataplane/engine/create-engine.js';
import type { Engine } from '../../dataplane/engine/engine.js';
import type { BindPlan, HttpSettings } from '../../dataplane/engine/plan.js';
import { connectRaw, plan, portOf, type RawClient, startEngine } from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import {
  type RecordedRequest,
  type RecorderBackend,
  startRecorder,
} from '../support/recorder-backend.js';

/** A live engine in front of a backend that keeps every byte. */
export interface Http1Lab {
  readonly engine: Engine;
  readonly port: number;
  readonly backend: RecorderBackend;
  connect(): Promise<RawClient>;
  /** A client that has been answered once. */
  connectWarm(): Promise<RawClient>;
  /** The request with that in its path, once it has arrived whole. */
  arrived(path: string): Promise<RecordedRequest>;
  /** What was sent before on other connections has been dealt with: a healthy request has gone through meanwhile. */
  settle(): Promise<void>;
}

export interface Http1LabOptions extends Partial<EngineOptions> {
  readonly http?: Partial<HttpSettings>;
  readonly proxyProtocol?: BindPlan['proxyProtocol'];
}

const WARM_PATH = '/warm';

export async function startHttp1Lab(
  t: TestContext,
  { http = {}, proxyProtocol, ...options }: Http1LabOptions = {},
): Promise<Http1Lab> {
  const backend = await startRecorder(t);
  const engine = startEngine(t, options);
  await engine.apply(plan('1', { backendPort: backend.port, http, proxyProtocol }));
  const port = portOf(engine);
  const connect = (): Promise<RawClient> => connectRaw(t, port);
  const connectWarm = async (): Promise<RawClient> => {
    const client = await connect();
    client.socket.write(get(WARM_PATH));
    await client.until('\r\n\r\nok');
    return client;
  };
  return {
    engine,
    port,
    backend,
    connect,
    connectWarm,
    arrived: (path) =>
      eventually(
        () => {
          const found = backend.requests.find((request) => request.path.includes(path));
          assert.ok(found, `${path} has not arrived`);
          return found;
        },
        { everyMs: 5 },
      ),
    settle: async () => {
      const client = await connectWarm();
      client.socket.destroy();
    },
  };
}

export function get(path: string, fields: readonly string[] = []): string {
  return request('GET', path, fields);
}

export function request(
  method: string,
  path: string,
  fields: readonly string[],
  body = '',
): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'host: a', ...fields];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** What a warm client received after its first answer. */
export function afterWarm(client: RawClient): string {
  const received = client.received();
  const at = received.indexOf('\r\n\r\nok');
  return at < 0 ? received : received.slice(at + '\r\n\r\nok'.length);
}
