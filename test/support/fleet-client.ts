// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import type { Hello } from '../../shared/proto/gen/heartline/fleet/v1/Hello.js';
import type { InForceReport } from '../../shared/proto/gen/heartline/fleet/v1/InForceReport.js';
import type { Welcome__Output } from '../../shared/proto/gen/heartline/fleet/v1/Welcome.js';
import type { WorkerMessage } from '../../shared/proto/gen/heartline/fleet/v1/WorkerMessage.js';
import type { Wire } from '../../shared/proto/wire.js';
import type { StreamStatus } from './discovery-client.js';

/** One report stream that a test plays by hand. */
export class FleetClient {
  readonly #wire: Wire;
  readonly #channel: Client;
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  readonly #welcome: Promise<Welcome__Output>;
  readonly status: Promise<StreamStatus>;

  constructor(wire: Wire, target: string, token: string) {
    this.#wire = wire;
    this.#channel = new Client(target, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    this.#call = this.#channel.makeBidiStreamRequest(
      '/heartline.fleet.v1.Fleet/Connect',
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      metadata,
    );
    // The status event says the same, and the test looks at that.
    this.#call.on('error', () => undefined);
    this.status = new Promise((resolve) => {
      this.#call.on('status', ({ code, details }) => resolve({ code, details }));
    });
    this.#welcome = new Promise((resolve) => {
      this.#call.once('data', (bytes: Buffer) => {
        const { welcome } = wire.controlMessage.decode(bytes);
        if (welcome !== undefined) resolve(welcome);
      });
    });
  }

  /** Says Hello and waits for the Welcome; its session id goes into reports. */
  async hello(hello: Hello = {}): Promise<Welcome__Output> {
    this.send({
      hello: {
        ...{ nodeId: 'node-1', cluster: 'local', gatewayNamespace: 'httpbin', gatewayName: 'gw' },
        ...{ podNamespace: 'pods', podName: 'worker-0', build: '0.1.0' },
        ...hello,
      },
    });
    const ended = this.status.then(({ code, details }) => assert.fail(`ended: ${code} ${details}`));
    return Promise.race([this.#welcome, ended]);
  }

  report(report: InForceReport): void {
    this.send({ inForce: report });
  }

  send(message: WorkerMessage): void {
    this.#call.write(this.#wire.workerMessage.encode(message));
  }

  sendBytes(bytes: Buffer): void {
    this.#call.write(bytes);
  }

  close(): void {
    this.#call.cancel();
    this.#channel.close();
  }
}
