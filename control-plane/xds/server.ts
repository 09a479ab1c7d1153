// SPDX-License-Identifier: Apache-2.0
import { isIPv6 } from 'node:net';
import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Authenticator } from '../auth/authenticate.js';
import { guardedRegistrar } from '../auth/rpc-guard.js';
import type { RpcService } from './rpc-service.js';

export interface RpcAddress {
  /** An IP address or `localhost`. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

export interface RpcServerOptions {
  readonly address: RpcAddress;
  readonly services: readonly RpcService[];
  readonly authenticate: Authenticator;
  /** What reflection tells holders of an API token. */
  readonly packageDefinition: PackageDefinition;
  readonly clock: Clock;
  /**
   * Age, milliseconds, ± 10 percent by gRPC's own hand, at which a connection gets a GOAWAY: it takes no new streams, and
   * those it has go on until they are ended. Default 0 = never.
   */
  readonly maxConnectionAgeMs?: number;
  /** When a silent connection is asked whether it lives, and how long it may take to answer; default 10 s each. */
  readonly keepalive?: { readonly timeMs: number; readonly timeoutMs: number };
}

export interface RpcServer {
  /** The address really bound. */
  readonly address: RpcAddress;
  /** Ends every stream with UNAVAILABLE, lets that be sent, and closes the port. */
  stop(): Promise<void>;
}

/** How long ended streams may take to be flushed to slow clients, milliseconds. */
const STOP_GRACE_MS = 1_000;

/**
 * Keepalive is ours to send: the reference proxy sends no PING and notices a half-open connection only
 * after half an hour. A dead peer is gone after at most 10 + 10 s; Envoy's servers use none by default,
 * gRPC's wait two hours.
 */
const KEEPALIVE = { timeMs: 10_000, timeoutMs: 10_000 };

/** No idle limit among them: `grpc.max_connection_idle_ms` would close quiet workers. */
const SERVER_OPTIONS: ServerOptions = {
  // 100,000 names with versions in a first request are about 12 MB; gRPC's own limit is 4 MB.
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
  'grpc.max_send_message_length': -1,
  // Its counters cost memory on every stream and nothing reads them.
  'grpc.enable_channelz': 0,
};

/**
 * The gRPC side: the given services, health for everybody, reflection for API tokens. What is not added
 * here is answered UNIMPLEMENTED. Throws ADDRESS_IN_USE when the port is taken.
 */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { authenticate, clock, packageDefinition, services, keepalive = KEEPALIVE } = options;
  const { maxConnectionAgeMs = 0 } = options;
  const server = new Server({
    ...SERVER_OPTIONS,
    'grpc.keepalive_time_ms': keepalive.timeMs,
    'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
    ...(maxConnectionAgeMs > 0 ? { 'grpc.max_connection_age_ms': maxConnectionAgeMs } : {}),
  });
  for (const { definition, implementation } of services) {
    server.addService(definition, implementation);
  }
  const health = new HealthImplementation();
  health.addToServer(server);
  const names = services.map(({ name }) => name);
  new ReflectionService(descriptorsOnce(packageDefinition), { services: names }).addToServer(
    guardedRegistrar(server, authenticate, 'api'),
  );
  const port = await bind(server, options.address);
  for (const name of ['', ...names]) health.setStatus(name, 'SERVING');
  return {
    address: { host: options.address.host, port },
    async stop() {
      for (const name of ['', ...names]) health.setStatus(name, 'NOT_SERVING');
      for (const service of services) service.stop();
      await shutDown(server, clock);
    },
  };
}

/** Every message and enum carries the descriptors of all files, and reflection decodes them again for each: one will do. */
function descriptorsOnce(all: PackageDefinition): PackageDefinition {
  return Object.fromEntries(
    Object.entries(all)
      .filter(([, definition]) => 'fileDescriptorProtos' in definition)
      .slice(0, 1),
  );
}

function bind(server: Server, { host, port }: RpcAddress): Promise<number> {
  const target = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error === null) resolve(boundPort);
      else reject(bindError(target, error));
    });
  });
}

function bindError(target: string, cause: Error): HeartlineError {
  // grpc-js keeps the text of the system's error and drops its code.
  if (cause.message.includes('EADDRINUSE')) {
    return new HeartlineError(
      'ADDRESS_IN_USE',
      `the xDS address ${target} is taken by another process; stop it or give another --xds-addr`,
      { subject: target, cause },
    );
  }
  return new HeartlineError(
    'CONFIG',
    `cannot listen on the xDS address ${target}: ${cause.message}`,
    {
      subject: target,
      cause,
    },
  );
}

/**
 * Streams were ended already; a client that does not read must not keep us from stopping. grpc-js may wait
 * for ever for a connection that its own keepalive has ended, so the grace period ends the wait as well.
 */
function shutDown(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      server.forceShutdown();
      resolve();
    };
    const timer = clock.after(STOP_GRACE_MS, finish, { holdsProcess: true });
    server.tryShutdown(finish);
  });
}
