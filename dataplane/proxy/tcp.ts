// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { BackendTarget, BindPlan } from '../engine/plan.js';
import { type Connection, resetConnection } from '../listeners/connection.js';
import type { Dialer } from './dial.js';
import type { EndpointChoice } from './endpoints.js';
import type { ReadMemory } from './read-memory.js';
import { pickBackend } from './route-table.js';
import { linkEnds, pump } from './splice.js';
import type { Upstreams } from './upstreams.js';

/** The backend of a new TCP connection; undefined when it is to be refused. */
export function pickTcpBackend(plan: BindPlan, random: () => number): BackendTarget | undefined {
  for (const listener of plan.listeners) {
    const [route] = listener.tcpRoutes;
    if (route === undefined) continue;
    if (route.refusal !== undefined) return undefined;
    const backend = pickBackend(route.backends, random);
    return backend?.refusal === undefined ? backend : undefined;
  }
  return undefined;
}

export interface TcpContext {
  readonly dialer: Dialer;
  readonly upstreams: Pick<Upstreams, 'countTcp'>;
  readonly memory: ReadMemory;
}

/** Serves one accepted connection of a TCP bind: both directions, each with its own end. */
export function serveTcp(
  connection: Connection,
  choice: EndpointChoice | undefined,
  context: TcpContext,
): void {
  if (choice === undefined) {
    resetConnection(connection, 'error');
    return;
  }
  connection.state = 'busy';
  connection.socket.pause();
  connectNext(connection, choice, context);
}

/** Nothing was sent yet, so a connection that cannot be opened is opened to another endpoint. */
function connectNext(connection: Connection, choice: EndpointChoice, context: TcpContext): void {
  const endpoint = choice.next();
  if (endpoint === undefined) {
    resetConnection(connection, 'upstream');
    return;
  }
  const toClient = bufferedWriter(connection.socket, context.memory);
  const uncount = context.upstreams.countTcp(endpoint);
  const giveUp = context.dialer.dial(
    { ...endpoint, protocol: 'tcp', onread: toClient.onread },
    ({ error, connection: upstream }) => {
      connection.socket.off('close', giveUp);
      if (error !== undefined || upstream === undefined) {
        uncount();
        if (connection.socket.destroyed) return;
        choice.failed(endpoint);
        connectNext(connection, choice, context);
        return;
      }
      upstream.socket.once('close', uncount);
      upstream.state = 'busy';
      toClient.start(upstream.socket);
      pump(connection.socket, upstream.socket);
      upstream.socket.once('end', () => connection.socket.end());
      linkEnds(connection, upstream);
    },
  );
  connection.socket.once('close', giveUp);
}

interface BufferedWriter {
  readonly onread: {
    readonly buffer: () => Uint8Array;
    callback(bytes: number, buffer: Uint8Array): boolean;
  };
  /** Connects the source, whose reading stops while `to` is slow. */
  start(from: Socket): void;
}

/** Writes what the source reads, whose reading stops while `to` is slow. */
function bufferedWriter(to: Socket, memory: ReadMemory): BufferedWriter {
  let buffer = memory.shared;
  let source: Socket | undefined;
  to.on('drain', () => source?.resume());
  return {
    onread: {
      buffer: () => buffer,
      callback(bytes, from) {
        if (!to.writable) return true;
        const chunk = from.subarray(0, bytes);
        to.write(from === memory.shared ? Buffer.from(chunk) : chunk);
        buffer = memory.next(from, bytes, to.writableLength > 0);
        return !to.writableNeedDrain;
      },
    },
    start(from) {
      source = from;
      from.resume();
    },
  };
}
