// SPDX-License-Identifier: Apache-2.0
import type { Duplex } from 'node:stream';
import { HeartlineError, toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { ForwardTarget, WorkerPlace, WorkerRef } from '../../shared/events/event.js';
import { formatNamespacedName, type NamespacedName } from '../../shared/names/gateway-name.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Bus } from '../bus/bus.js';
import type { Store } from '../store/store.js';
import { noSuchTarget, targetOfPort } from './targets.js';
import type { TunnelBroker } from './tunnel-broker.js';

export interface ForwarderOptions {
  readonly tunnels: Pick<TunnelBroker, 'open'>;
  readonly store: Pick<Store, 'commit'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly logger: Logger;
}

/** Whose ports somebody forwards. */
export interface ForwardedPod {
  readonly pod: NamespacedName;
  readonly worker: WorkerRef;
  readonly place: WorkerPlace | undefined;
  readonly actor: string;
}

/** One client's port-forward: any number of connections, to any of the pod's ports. */
export interface Forwarder {
  /**
   * Joins `client` with the server behind the port, and settles when both directions are over. Rejects with a HeartlineError for
   * the person who forwards; `client` is left to the caller then.
   */
  forward(port: number, client: Duplex): Promise<void>;
}

/** Nothing is forwarded that is not in the log: the first use of each target is a transaction of its own, without operations. */
export function createForwarder(options: ForwarderOptions, forwarded: ForwardedPod): Forwarder {
  const { actor, place, pod, worker } = forwarded;
  const records = new Map<ForwardTarget, Promise<number>>();

  const record = (target: ForwardTarget): Promise<number> => {
    const known = records.get(target);
    if (known !== undefined) return known;
    const made = recordForward(options, forwarded, target);
    records.set(target, made);
    made.catch(() => records.delete(target));
    return made;
  };

  return {
    async forward(port, client) {
      const target = targetOfPort(port, place?.ports);
      if (target === undefined) throw noSuchTarget(port, pod);
      const cause = await record(target);
      const tunnel = options.tunnels.open(worker, target);
      const about = { type: 'forwarded', worker, pod, actor, target } as const;
      const none = { bytesIn: 0, bytesOut: 0 };
      options.bus.publish({ ...about, phase: 'opened', ...none }, { cause, step: 'opened' });
      const count = { ...none };
      tunnel.on('data', (bytes: Buffer) => (count.bytesOut += bytes.length));
      client.on('data', (bytes: Buffer) => (count.bytesIn += bytes.length));
      try {
        await join(client, tunnel);
      } finally {
        options.bus.publish({ ...about, phase: 'closed', ...count }, { cause, step: 'closed' });
      }
    },
  };
}

async function recordForward(
  { clock, logger, store }: ForwarderOptions,
  { actor, pod }: ForwardedPod,
  target: ForwardTarget,
): Promise<number> {
  const reason = `port-forward to pod ${formatNamespacedName(pod)}, target ${target}`;
  const result = await store.commit({ actor, reason, time: clock.wallMs(), ops: [] });
  logger.info({ actor, pod, target }, 'port-forward opened');
  if (result.ok) return result.seq;
  throw new HeartlineError(
    'INTERNAL',
    `a port-forward could not be recorded: ${result.refusal.message}`,
  );
}

/** Passes bytes and ends on in both directions; settles when both are over or the client is gone, rejects with the tunnel's error. */
function join(client: Duplex, tunnel: Duplex): Promise<void> {
  client.pipe(tunnel);
  tunnel.pipe(client);
  // A client that goes is no failure of the forward.
  client.on('error', () => undefined);
  client.once('close', () => {
    // After both ends of the client the tunnel may still have to pass on what it got.
    if (!(client.readableEnded && client.writableFinished)) tunnel.destroy();
  });
  if (client.destroyed) tunnel.destroy();
  return new Promise((resolve, reject) => {
    tunnel.once('error', (error) => reject(toHeartlineError(error)));
    tunnel.once('close', () => resolve());
  });
}
