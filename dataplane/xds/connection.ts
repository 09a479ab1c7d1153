// SPDX-License-Identifier: Apache-2.0
import * as grpc from '@grpc/grpc-js';

/** How a stream ended; `code` is a gRPC status code, 0 for an orderly end by the server. */
export interface StreamEnd {
  readonly code: number;
  readonly details: string;
}

export interface StreamHandlers {
  /** Called in the order of arrival. */
  onMessage(bytes: Buffer): void;
  /** Called once, last. */
  onEnd(end: StreamEnd): void;
}

/** One bidirectional stream of encoded messages. */
export interface RawStream {
  send(bytes: Buffer): void;
  cancel(): void;
}

/** One HTTP/2 connection to a control plane; its streams end with it. */
export interface Connection {
  open(path: string, headers: ReadonlyMap<string, string>, handlers: StreamHandlers): RawStream;
  /** False until the HTTP/2 connection stands, and after it broke. */
  isReady(): boolean;
  close(): void;
}

export interface ConnectionOptions {
  /** `host:port`. */
  readonly address: string;
  readonly ping: PingOptions;
}

/** HTTP/2 PINGs, so that a control plane behind a dead path is noticed after the sum of both at the latest. */
export interface PingOptions {
  readonly everyMs: number;
  /** Wait for the PING's answer, milliseconds. */
  readonly timeoutMs: number;
}

/** As the reference proxy: a snapshot of a large gateway is one message. gRPC's own default is 4 MiB. */
const MAX_MESSAGE_BYTES = 200 * 1024 * 1024;

export type Connect = (options: ConnectionOptions) => Connection;

/** Plain-text HTTP/2. Connects when the first stream is opened; never reconnects by itself, the caller owns the backoff. */
export function connectGrpc(options: ConnectionOptions): Connection {
  const client = new grpc.Client(options.address, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': options.ping.everyMs,
    'grpc.keepalive_timeout_ms': options.ping.timeoutMs,
    // A private connection per attempt: the pool would bring grpc-js's own backoff of earlier attempts along.
    'grpc.use_local_subchannel_pool': 1,
    // http_proxy of the environment is meant for the web, not for the control plane of this machine or cluster.
    'grpc.enable_http_proxy': 0,
    // A retried stream would replay first requests behind the session's back.
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
  });
  const passBuffer = (bytes: Buffer): Buffer => bytes;
  return {
    open(path, headers, handlers) {
      const metadata = new grpc.Metadata();
      for (const [key, value] of headers) metadata.set(key, value);
      const call = client.makeBidiStreamRequest(path, passBuffer, passBuffer, metadata);
      let ended = false;
      call.on('data', (bytes: Buffer) => handlers.onMessage(bytes));
      // The status event that follows carries the same facts.
      call.on('error', () => undefined);
      call.on('status', ({ code, details }) => {
        if (ended) return;
        ended = true;
        handlers.onEnd({ code, details });
      });
      return {
        send: (bytes) => void (ended || call.write(bytes)),
        cancel: () => call.cancel(),
      };
    },
    isReady: () => client.getChannel().getConnectivityState(false) === grpc.connectivityState.READY,
    close: () => client.close(),
  };
}
