// SPDX-License-Identifier: Apache-2.0
import { Client, type ClientDuplexStream, credentials, Metadata } from '@grpc/grpc-js';
import type { Node } from '../../shared/proto/gen/envoy/config/core/v3/Node.js';
import type { Codec, Wire } from '../../shared/proto/wire.js';

const SERVICE = '/envoy.service.discovery.v3.AggregatedDiscoveryService';
/** Far from anything a test waits for on a busy machine, milliseconds. */
const PATIENCE_MS = 10_000;

export interface DiscoveryClientOptions {
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

interface Message {
  readonly typeUrl?: string;
  readonly nonce?: string;
}

/** One stream of aggregated discovery that a test plays by hand; nothing is acknowledged unless the test does. */
export class DiscoveryClient<
  Request extends { readonly node?: Node | null },
  Response extends Message,
> {
  readonly #channel: Client;
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  readonly #node: Node;
  readonly #requests: Codec<Request, unknown>;
  readonly #responses: Codec<never, Response>;
  readonly #inbox: Response[] = [];
  readonly #waiting: (() => void)[] = [];
  #isNodeSent = false;
  /** How the stream ended. */
  readonly status: Promise<StreamStatus>;
  /** Every response so far, fences aside. */
  readonly received: Response[] = [];

  constructor(
    options: DiscoveryClientOptions & { readonly method: string },
    requests: Codec<Request, unknown>,
    responses: Codec<never, Response>,
  ) {
    this.#requests = requests;
    this.#responses = responses;
    this.#channel =
      options.channel ??
      new Client(options.target, credentials.createInsecure(), {
        'grpc.max_receive_message_length': -1,
        'grpc.use_local_subchannel_pool': 1,
      });
    this.#node = nodeOf(options);
    this.#call = this.#channel.makeBidiStreamRequest(
      `${SERVICE}/${options.method}`,
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
  send(request: Request): void {
    const first = this.#isNodeSent ? {} : { node: this.#node };
    this.#isNodeSent = true;
    this.#call.write(this.#requests.encode({ ...first, ...request }));
  }

  sendBytes(bytes: Buffer): void {
    this.#call.write(bytes);
  }

  /** The next response; fails when the stream ends or nothing comes. */
  async next(): Promise<Response> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const response = this.#inbox.shift();
      if (response !== undefined) return response;
      await this.#changed(deadline);
    }
  }

  /** Stops reading: HTTP/2 flow control holds back what the server writes. */
  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  /** Takes a response that was made for a fence out of the record. */
  protected forget(response: Response): void {
    this.received.splice(this.received.indexOf(response), 1);
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
    const response = this.#responses.decode(bytes);
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

function nodeOf(options: DiscoveryClientOptions): Node {
  const texts: Record<string, string> = {
    role: options.role ?? 'httpbin~gw',
    NAME: 'worker-0',
    NAMESPACE: 'pods',
    ...options.metadata,
  };
  const fields = Object.entries(texts).map(([name, stringValue]) => [name, { stringValue }]);
  return { id: options.nodeId ?? 'node-1', metadata: { fields: Object.fromEntries(fields) } };
}

function metadataOf(options: DiscoveryClientOptions): Metadata {
  const metadata = new Metadata();
  if (options.token !== undefined) metadata.set('authorization', `Bearer ${options.token}`);
  for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
  return metadata;
}
