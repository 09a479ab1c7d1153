// SPDX-License-Identifier: Apache-2.0
import { lookup } from 'node:dns';
import { connect, isIP, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net';
import { errnoOf, HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { ConnectionProtocol } from '../engine/report.js';
import type { Connection, ConnectionGroup } from '../listeners/connection.js';
import type { DescriptorBudget } from '../listeners/descriptor-budget.js';
import type { ConnectionRegistry } from '../listeners/registry.js';
import { type AddressRules, refuseAddress } from './backend-address.js';
import { checkedLookup, forbiddenError } from './checked-lookup.js';
import type { UpstreamErrors } from './upstream-errors.js';

export interface Endpoint {
  /** Key of the backend that it belongs to: connections to one backend share their values and their pool. */
  readonly backend: string;
  readonly host: string;
  readonly port: number;
}

export interface DialRequest extends Endpoint {
  readonly protocol: ConnectionProtocol;
  /** Reads into caller-owned memory, for TCP routes. */
  readonly onread?: OnReadOpts;
}

export interface DialResult {
  readonly error: Error | undefined;
  /** Defined when there is no error. */
  readonly connection: Connection | undefined;
}

export interface Dialer {
  /**
   * Opens an upstream connection; `done` is called once, with the connection registered and holding the
   * upstream keepalive values, or with the reason. Returns the way to give up.
   */
  dial(request: DialRequest, done: (result: DialResult) => void): () => void;
}

export interface DialerOptions {
  readonly registry: ConnectionRegistry;
  /** The group of a backend's connections. */
  readonly groupOf: (backend: string) => ConnectionGroup;
  readonly rules: AddressRules;
  readonly connectTimeoutMs: number;
  readonly descriptors: Pick<DescriptorBudget, 'startDial' | 'endDial'>;
  readonly errors: UpstreamErrors;
  readonly logger: Logger;
  readonly after: (delayMs: number, task: () => void) => { cancel(): void };
}

const MAX_UNREACHABLE = 1000;

/** A backend that cannot be connected to is logged once, until it can be again. */
export function createDialer(options: DialerOptions): Dialer {
  const unreachable = new Set<string>();
  const note = (request: Endpoint, error: Error | undefined): void => {
    const backend = `${request.host}:${request.port}`;
    if (error === undefined) {
      unreachable.delete(backend);
    } else if (errnoOf(error) !== 'UNAVAILABLE' && !unreachable.has(backend)) {
      // Backends that come and go for ever must not fill it.
      if (unreachable.size >= MAX_UNREACHABLE) unreachable.clear();
      unreachable.add(backend);
      options.logger.warn({ backend, reason: error.message }, 'backend not reachable');
    }
  };
  return {
    dial: (request, done) =>
      dial(
        request,
        (result) => {
          note(request, result.error);
          if (result.error !== undefined) options.errors.noteDial(result.error);
          done(result);
        },
        options,
      ),
  };
}

function dial(
  request: DialRequest,
  done: (result: DialResult) => void,
  options: DialerOptions,
): () => void {
  const { descriptors } = options;
  const refusal = refuseNow(request, options);
  const socket =
    refusal === undefined ? connect(connectOptions(request, options.rules)) : undefined;
  let settled = false;
  const settle = (result: DialResult): void => {
    if (settled) return;
    settled = true;
    timeout.cancel();
    if (socket !== undefined) descriptors.endDial();
    done(result);
  };
  const fail = (error: Error): void => {
    socket?.destroy();
    settle({ error, connection: undefined });
  };
  const timeout = options.after(options.connectTimeoutMs, () =>
    fail(timeoutError(request, options)),
  );
  if (socket === undefined) {
    queueMicrotask(() => fail(refusal ?? timeoutError(request, options)));
    return () => fail(abandonedError(request));
  }
  socket.on('error', fail);
  socket.once('connect', () => {
    socket.off('error', fail);
    settle({ error: undefined, connection: register(socket, request, options) });
  });
  return () => fail(abandonedError(request));
}

/** Why a connection is not even tried; a descriptor is taken when it is. */
function refuseNow(request: DialRequest, options: DialerOptions): HeartlineError | undefined {
  const { rules, descriptors } = options;
  const refusal = isIP(request.host) === 0 ? undefined : refuse(request.host, request, rules);
  if (refusal !== undefined || descriptors.startDial()) return refusal;
  options.errors.note('no_descriptor');
  return new HeartlineError(
    'UNAVAILABLE',
    `no descriptor is left for a connection to ${request.host}:${request.port}; raise the limit of open files (ulimit -n)`,
  );
}

function connectOptions(request: DialRequest, rules: AddressRules): TcpNetConnectOpts {
  const { host, port, onread } = request;
  // Half-open: a FIN of one side must not end what the other still sends.
  return {
    host,
    port,
    noDelay: true,
    allowHalfOpen: true,
    lookup: checkedLookup(port, rules, lookup),
    ...(onread === undefined ? {} : { onread }),
  };
}

function register(socket: Socket, request: DialRequest, options: DialerOptions): Connection {
  return options.registry.add(socket, options.groupOf(request.backend), request.protocol);
}

function refuse(host: string, request: Endpoint, rules: AddressRules): HeartlineError | undefined {
  const reason = refuseAddress(host, request.port, rules);
  return reason === undefined ? undefined : forbiddenError(host, reason);
}

function timeoutError(request: Endpoint, options: DialerOptions): HeartlineError {
  const { host, port } = request;
  return new HeartlineError(
    'TIMEOUT',
    `backend ${host}:${port} did not accept within ${options.connectTimeoutMs} ms`,
  );
}

function abandonedError({ host, port }: Endpoint): HeartlineError {
  return new HeartlineError('UNAVAILABLE', `connecting to ${host}:${port} was given up`);
}
