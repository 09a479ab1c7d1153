// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { Node } from '../../shared/proto/gen/envoy/config/core/v3/Node.js';
import type { DeltaDiscoveryRequest } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js';
import type { DeltaDiscoveryResponse__Output } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import type { Wire } from '../../shared/proto/wire.js';

const SERVICE = '/envoy.service.discovery.v3.AggregatedDiscoveryService';
/** Far from anything a test waits for on a busy machine, milliseconds. */
const PATIENCE_MS = 10_000;
/** A type no server knows: its answers show what was written before them. */
const FENCE_TYPE_URL = 'type.googleapis.com/heartline.test.Fence';

export interface DeltaClientOptions {
  readonly wire: Wire;
  /** `host:port` of the control plane. */
  readonly target: string;
  readonly token?: string;
  readonly nodeId?: string;
  /** `NAMESPACE~GATEWAY`. */
  readonly role?: string;
  readonly metadata?: { readonly [name: string]: string };
  readonly headers?: { readonly [name: string]: string };
  readonly method?: string;
  /** A channel shared with other streams; default: one of its own. */
  readonly channel?: Client;
}

export interface StreamStatus {
  readonly code: number;
  readonly details: string;
}

/** One delta stream that a test plays by hand; nothing is acknowledged unless the test does. */
export class DeltaClient {
  readonly #wire: Wire;
  readonly #channel: Client;
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  readonly #node: Node;
  readonly #inbox: DeltaDiscoveryResponse__Output[] = [];
  readonly #waiting: (() => void)[] = [];
  #fences = 0;
  #isNodeSent = false;
  /** How the stream ended. */
  readonly status: Promise<StreamStatus>;
  /** Every response so far, fences aside. */
  readonly received: DeltaDiscoveryResponse__Output[] = [];

  constructor(options: DeltaClientOptions) {
    this.#wire = options.wire;
    this.#channel =
      options.channel ??
      new Client(options.target, credentials.createInsecure(), {
        'grpc.max_receive_message_length': -1,
        'grpc.use_local_subchannel_pool': 1,
      });
    this.#node = nodeOf(options);
    this.#call = this.#channel.makeBidiStreamRequest(
      `${SERVICE}/${options.method ?? 'DeltaAggregatedResources'}`,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      metadataOf(options),
    );
    this.#call.on('data', (bytes: Buffer) => this.#take(bytes));
    // The status event says the same, and the test looks at that.
    this.#call.on('error', () => undefined);
    this.status = new Promise((resolve) => {
      this.#call.on('status', ({ code, details }) => {
        resolve({ code, details });
        this.#wake();
      });
    });
  }

  /** Writes a request; the first one of the stream carries the node. */
  send(request: DeltaDiscoveryRequest): void {
    const first = this.#isNodeSent ? {} : { node: this.#node };
    this.#isNodeSent = true;
    this.#call.write(this.#wire.deltaRequest.encode({ ...first, ...request }));
  }

  sendBytes(bytes: Buffer): void {
    this.#call.write(bytes);
  }

  /** Asks for everything of both types, as workers do. `held` = what it kept: name → version. */
  subscribe(held: { readonly [name: string]: string } = {}): void {
    this.send({ typeUrl: ADDRESS_TYPE_URL });
    this.send({ typeUrl: RESOURCE_TYPE_URL, initialResourceVersions: held });
  }

  /** Subscribes both types and acknowledges both first answers; the one with the resources. */
  async open(
    held: { readonly [name: string]: string } = {},
  ): Promise<DeltaDiscoveryResponse__Output> {
    this.subscribe(held);
    const answers = [await this.next(), await this.next()];
    for (const answer of answers) this.ack(answer);
    const resources = answers.find((answer) => answer.typeUrl === RESOURCE_TYPE_URL);
    assert.ok(resources !== undefined, 'no answer about resources');
    return resources;
  }

  ack(response: DeltaDiscoveryResponse__Output): void {
    this.send({ typeUrl: response.typeUrl ?? '', responseNonce: response.nonce ?? '' });
  }

  /** Refuses a response: plain text, or a reason per resource name. */
  nack(
    response: DeltaDiscoveryResponse__Output,
    reason: string | { readonly [name: string]: string },
  ): void {
    const entries = (): object[] => Object.entries(reason).map(([key, error]) => ({ key, error }));
    const message = typeof reason === 'string' ? reason : JSON.stringify(entries());
    this.send({
      typeUrl: response.typeUrl ?? '',
      responseNonce: response.nonce ?? '',
      errorDetail: { code: 0, message },
    });
  }

  /** The next response; fails when the stream ends or nothing comes. */
  async next(): Promise<DeltaDiscoveryResponse__Output> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const response = this.#inbox.shift();
      if (response !== undefined) return response;
      await this.#changed(deadline);
    }
  }

  /** Asserts that the server has written nothing more: an answer asked for now is the next thing to come. */
  async assertQuiet(): Promise<void> {
    this.#fences += 1;
    const name = `fence-${this.#fences}`;
    this.send({ typeUrl: FENCE_TYPE_URL, resourceNamesSubscribe: [name] });
    const response = await this.next();
    assert.deepEqual(
      { typeUrl: response.typeUrl, removed: response.removedResources },
      { typeUrl: FENCE_TYPE_URL, removed: [name] },
      'a response nobody expected',
    );
    this.received.splice(this.received.indexOf(response), 1);
    this.ack(response);
  }

  /** Ends the call from the client's side. */
  cancel(): void {
    this.#call.cancel();
  }

  close(): void {
    this.#call.cancel();
    this.#channel.close();
  }

  #take(bytes: Buffer): void {
    const response = this.#wire.deltaResponse.decode(bytes);
    this.#inbox.push(response);
    this.received.push(response);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #changed(deadline: number): Promise<void> {
    const leftMs = deadline - performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('no response came')), leftMs);
    });
    const ended = this.status.then(({ code, details }) => {
      throw new Error(`the stream ended: ${code} ${details}`);
    });
    const came = new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await Promise.race([came, late, this.#inbox.length > 0 ? came : ended]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Names of a response: resources, then removals with a minus in front. */
export function namesOf(response: DeltaDiscoveryResponse__Output): string[] {
  const removed = response.removedResources.map((name) => `-${name}`);
  return [...response.resources.map((resource) => resource.name ?? ''), ...removed];
}

function nodeOf(options: DeltaClientOptions): Node {
  const texts: Record<string, string> = {
    role: options.role ?? 'httpbin~gw',
    NAME: 'worker-0',
    NAMESPACE: 'pods',
    ...options.metadata,
  };
  const fields = Object.entries(texts).map(([name, stringValue]) => [name, { stringValue }]);
  return { id: options.nodeId ?? 'node-1', metadata: { fields: Object.fromEntries(fields) } };
}

function metadataOf(options: DeltaClientOptions): Metadata {
  const metadata = new Metadata();
  if (options.token !== undefined) metadata.set('authorization', `Bearer ${options.token}`);
  for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
  return metadata;
}
