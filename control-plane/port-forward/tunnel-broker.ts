// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { ForwardTarget, WorkerRef } from '../../shared/events/event.js';
import type {
  TunnelFrame,
  TunnelFrame__Output,
} from '../../shared/proto/gen/heartline/fleet/v1/TunnelFrame.js';
import { TunnelStream } from '../../shared/tunnel/tunnel-stream.js';

/** A worker's fleet stream, as tunnels use it. */
export interface TunnelCarrier {
  /** From its Hello: 0 = its build knows nothing of tunnels. */
  readonly maxTunnels: number;
  /** The worker's build, for messages. */
  readonly build: string;
  readonly send: (frame: TunnelFrame) => void;
}

/** The control plane's end of all tunnels of one fleet stream. */
export interface TunnelLink {
  receive(frame: TunnelFrame__Output): void;
  /** The fleet stream is gone; so are its tunnels. */
  close(): void;
}

export interface TunnelBroker {
  /** A fleet stream was welcomed; it replaces an earlier one of that worker. */
  attach(workerKey: string, carrier: TunnelCarrier): TunnelLink;
  /** Bytes to and from a server of the worker itself. Throws UNAVAILABLE or UNIMPLEMENTED with what to do. */
  open(worker: WorkerRef, target: ForwardTarget): TunnelStream;
}

const WIRE_TARGET = { admin: 'ADMIN', readiness: 'READINESS', stats: 'STATS' } as const;

export function createTunnelBroker(): TunnelBroker {
  const links = new Map<string, Link>();
  return {
    attach(workerKey, carrier) {
      const link = new Link(carrier, () => {
        if (links.get(workerKey) === link) links.delete(workerKey);
      });
      links.set(workerKey, link);
      return link;
    },
    open(worker, target) {
      const link = links.get(worker.key);
      if (link !== undefined) return link.open(target);
      throw new HeartlineError(
        'UNAVAILABLE',
        `worker "${worker.nodeId}" has no fleet stream to this control plane; it may be connecting, or be a proxy of another make`,
      );
    },
  };
}

class Link implements TunnelLink {
  readonly #carrier: TunnelCarrier;
  readonly #onClose: () => void;
  readonly #tunnels = new Map<number, TunnelStream>();
  #lastId = 0;

  constructor(carrier: TunnelCarrier, onClose: () => void) {
    this.#carrier = carrier;
    this.#onClose = onClose;
  }

  open(target: ForwardTarget): TunnelStream {
    const { build, maxTunnels, send } = this.#carrier;
    if (maxTunnels === 0) {
      throw new HeartlineError(
        'UNIMPLEMENTED',
        `the worker (build ${build || 'unknown'}) carries no tunnels; update it to forward its ports`,
      );
    }
    if (this.#tunnels.size >= maxTunnels) {
      throw new HeartlineError(
        'UNAVAILABLE',
        `the worker carries ${maxTunnels} tunnels already; close some connections`,
      );
    }
    this.#lastId += 1;
    const tunnelId = this.#lastId;
    const tunnel = new TunnelStream({
      send: (saying) => send({ tunnelId, ...saying }),
      onGone: () => this.#tunnels.delete(tunnelId),
    });
    this.#tunnels.set(tunnelId, tunnel);
    send({ tunnelId, open: { target: WIRE_TARGET[target] } });
    return tunnel;
  }

  receive(frame: TunnelFrame__Output): void {
    this.#tunnels.get(frame.tunnelId ?? 0)?.receive(frame);
  }

  close(): void {
    this.#onClose();
    for (const tunnel of this.#tunnels.values()) tunnel.cut('the worker left the control plane');
  }
}
