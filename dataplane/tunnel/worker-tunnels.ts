// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net';
import { errnoOf, HeartlineError } from '../../shared/errors/heartline-error.js';
import { formatHostPort, type HostPort } from '../../shared/names/host-port.js';
import type {
  TunnelFrame,
  TunnelFrame__Output,
} from '../../shared/proto/gen/heartline/fleet/v1/TunnelFrame.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import { TunnelStream } from '../../shared/tunnel/tunnel-stream.js';

/** More than a browser opens to one origin, less than would hold up reports. */
export const MAX_TUNNELS = 32;

/** The worker's own servers, as they are bound. */
export interface OwnServers {
  readonly admin: HostPort;
  readonly stats: HostPort;
  readonly readiness: HostPort;
}

export interface WorkerTunnelsOptions {
  readonly servers: OwnServers;
  /** Onto the fleet stream. */
  readonly send: (frame: TunnelFrame) => void;
  readonly logger: Logger;
}

/** The tunnels of one fleet stream. */
export interface WorkerTunnels {
  receive(frame: TunnelFrame__Output): void;
  /** The fleet stream is gone. */
  close(): void;
}

export function createWorkerTunnels(options: WorkerTunnelsOptions): WorkerTunnels {
  const { logger, send } = options;
  const live = new Map<number, TunnelStream>();

  const open = (tunnelId: number, server: HostPort): void => {
    const tunnel = new TunnelStream({
      send: (saying) => send({ tunnelId, ...saying }),
      onGone: () => live.delete(tunnelId),
    });
    live.set(tunnelId, tunnel);
    join(tunnel, connect({ ...reachable(server), allowHalfOpen: true }), server);
    logger.debug({ tunnelId, server }, 'tunnel opened');
  };

  return {
    receive(frame) {
      const { tunnelId = 0, open: wanted } = frame;
      // Not of ours, or over on this side while it was under way.
      if (wanted === undefined) return live.get(tunnelId)?.receive(frame);
      const server = serverOf(options.servers, wanted.target);
      const refusal = refusalOf({
        isKnown: live.has(tunnelId),
        isFull: live.size >= MAX_TUNNELS,
        server,
      });
      if (server === undefined || refusal !== undefined) {
        send({ tunnelId, close: { error: refusal ?? '' } });
        return undefined;
      }
      return open(tunnelId, server);
    },
    close() {
      for (const tunnel of live.values()) tunnel.cut('the fleet stream ended');
    },
  };
}

function refusalOf(request: {
  readonly isKnown: boolean;
  readonly isFull: boolean;
  readonly server: HostPort | undefined;
}): string | undefined {
  if (request.isKnown) return 'a tunnel of that number is open';
  if (request.isFull)
    return `the worker carries ${MAX_TUNNELS} tunnels already; close some connections`;
  if (request.server === undefined) return 'this worker has no such server; its build may be older';
  return undefined;
}

function serverOf(servers: OwnServers, target: string | number | undefined): HostPort | undefined {
  switch (target) {
    case 'ADMIN':
      return servers.admin;
    case 'STATS':
      return servers.stats;
    case 'READINESS':
      return servers.readiness;
    default:
      return undefined;
  }
}

/** A server on every address is reached by loopback. */
function reachable({ host, port }: HostPort): HostPort {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return host === '::' ? { host: '::1', port } : { host, port };
}

/** Each end passes on what comes, the end of what comes, and a failure. */
function join(tunnel: TunnelStream, socket: Socket, server: HostPort): void {
  tunnel.pipe(socket);
  socket.pipe(tunnel);
  socket.on('error', (cause) => {
    const message = `${formatHostPort(server)} on the worker: ${errnoOf(cause) ?? cause.message}`;
    tunnel.destroy(new HeartlineError('UNAVAILABLE', message, { cause }));
  });
  // Its sentence is for the other end; here it only ends the socket.
  tunnel.on('error', () => undefined);
  tunnel.once('close', () => {
    // After both ends the socket may still have to write what it got.
    if (!(tunnel.readableEnded && tunnel.writableFinished)) socket.destroy();
  });
  socket.once('close', () => {
    if (!tunnel.writableEnded) tunnel.destroy();
  });
}
