// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { EngineOptions } from '../../dataplane/engine/create-engine.js';
import type { Engine } from '../../dataplane/engine/engine.js';
import type { HttpSettings } from '../../dataplane/engine/plan.js';
import { holds, plan, portOf, startEngine } from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import {
  connectHttp2Peer,
  get,
  type Http2Peer,
  type PeerOptions,
  type StreamView,
  statusOf,
} from '../support/http2-peer.js';
import {
  type RecordedRequest,
  type RecorderBackend,
  startRecorder,
} from '../support/recorder-backend.js';

/** A live engine in front of an HTTP/1.1 backend that keeps every byte. */
export interface Http2Lab {
  readonly engine: Engine;
  readonly backend: RecorderBackend;
  connect(options?: PeerOptions): Promise<Http2Peer>;
  /** The request with that in its path, once it has arrived whole. */
  arrived(path: string): Promise<RecordedRequest>;
  /** Nothing of that path reached the backend, and nothing that is no request. */
  assertNothingArrived(path: string): void;
}

export interface Http2LabOptions extends Partial<EngineOptions> {
  readonly http?: Partial<HttpSettings>;
}

export async function startHttp2Lab(
  t: TestContext,
  { http = {}, ...options }: Http2LabOptions = {},
): Promise<Http2Lab> {
  const backend = await startRecorder(t);
  const engine = startEngine(t, options);
  await engine.apply(plan('1', { backendPort: backend.port, http }));
  const port = portOf(engine);
  const find = (path: string): RecordedRequest | undefined =>
    backend.requests.find((request) => request.path.includes(path));
  return {
    engine,
    backend,
    connect: (peerOptions) => connectHttp2Peer(t, port, peerOptions),
    arrived: (path) =>
      eventually(
        () => {
          const found = find(path);
          assert.ok(found, `${path} has not arrived`);
          return found;
        },
        { everyMs: 5 },
      ),
    assertNothingArrived: (path) => {
      assert.equal(find(path), undefined);
      assert.deepEqual(backend.faults, []);
    },
  };
}

/** The stream once its answer is complete, or it was reset. */
export async function finished(peer: Http2Peer, streamId: number): Promise<StreamView> {
  const isOver = ({ ended, reset }: StreamView): boolean => ended || reset !== undefined;
  await holds(() => peer.closed() || isOver(peer.stream(streamId)));
  return peer.stream(streamId);
}

/** The connection still serves: a new stream on it is answered. Everything sent before has been dealt with by then. */
export async function assertServes(peer: Http2Peer, streamId: number): Promise<void> {
  peer.request(streamId, get('/alive'));
  assert.equal(statusOf(await finished(peer, streamId)), '200', `goaway ${peer.goaway()}`);
}
