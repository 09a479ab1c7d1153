// SPDX-License-Identifier: Apache-2.0

import { toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { GatewayRef } from '../../shared/events/event.js';
import { formatNamespacedName, parseNamespacedName } from '../../shared/names/gateway-name.js';
import type { Resource } from '../../shared/proto/gen/agentgateway/dev/resource/Resource.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { Bus } from '../bus/bus.js';
import { type GatewayInput, type GatewayOutput, ourGateway } from '../compile/compile-gateway.js';
import type { Transaction } from '../log/transaction.js';
import type { KubeObject } from '../policy/kube-object.js';
import type { GatewayRelease } from '../release/gateway-release.js';
import type { VersionCause } from '../release/release.js';
import type { SnapshotSource } from '../release/releases.js';
import { createSnapshotBuilder } from '../snapshot/build-snapshot.js';
import type { StopWatch, Store } from '../store/store.js';
import { OBJECTS_PREFIX, parseObjectKey } from './object-ref.js';
import { createReleaseBook } from './release-book.js';
import { createTargetIndex, type TargetIndex } from './target-index.js';
import { createWorkSet } from './work-set.js';

export interface ReconcilerOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The cluster whose gateways are compiled; `local` until there are several. */
  readonly cluster: string;
  readonly compile: (input: GatewayInput) => GatewayOutput;
  readonly encode: (message: Resource) => Uint8Array;
  /** Called with the Services that a gateway's routes lead to, before the version that needs them is told. */
  readonly useServices?: (gateway: GatewayRef, services: readonly string[]) => void;
}

/** Objects in the store become versions: names → read → compile → publish. */
export interface Reconciler extends SnapshotSource {
  /** Reads releases and objects, compiles everything once, then follows the log. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when every change seen so far is published or was given up. */
  idle(): Promise<void>;
  /** Whether everything that is stored about this gateway went into its version; false also when that failed. */
  isPublished(gateway: GatewayRef): boolean;
  /** Every gateway that has a version. */
  gateways(): readonly GatewayRef[];
  /** History of a gateway. */
  release(gateway: GatewayRef): GatewayRelease | undefined;
  /** What belongs to which gateway; read only. */
  readonly index: Omit<TargetIndex, 'update'>;
}

/** Why a gateway is compiled: its transaction, and what a new version will carry in history. */
interface Cause extends VersionCause {
  readonly seq: number;
}

/** How long to wait before a publication that the store refused is tried again, milliseconds. */
const RETRY_MS = 1_000;

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { store, bus, clock, logger, cluster } = options;
  const index = createTargetIndex();
  const buildSnapshot = createSnapshotBuilder(options.encode);
  const book = createReleaseBook(store, clock);
  const listeners = new Set<(gateway: GatewayRef) => void>();
  const retries = new Set<Timer>();
  /** Gateways that existed and were ours when they were last compiled, as `namespace/name`. */
  const existing = new Set<string>();
  /** Sequence of the newest change that is not in a version yet, by `namespace/name`. */
  const unpublished = new Map<string, number>();
  let stopWatch: StopWatch = () => {};
  let firstPassDone = false;

  /** Compiles and publishes one gateway; true when its target is another one than before. */
  const publishGateway = async (
    id: string,
    gateway: GatewayRef,
    cause: Cause,
  ): Promise<boolean> => {
    const covered = unpublished.get(id);
    const input = index.inputOf(gateway);
    const { resources, services } = options.compile(input);
    options.useServices?.(gateway, services);
    const previous = book.head(gateway);
    // Nothing names it and nothing ever did: deleting the last policy of an unknown gateway.
    if (previous === undefined && resources.length === 0 && input.gateway === undefined) {
      unpublished.delete(id);
      return false;
    }
    const snapshot = buildSnapshot({ gateway, resources, previous });
    const exists = ourGateway(input) !== undefined;
    const appeared = existing.has(id) !== exists;
    if (exists) existing.add(id);
    else existing.delete(id);
    const published = await book.publish(snapshot, cause);
    // Before the events, which make others look; a change that came while this version was stored is not in it.
    if (unpublished.get(id) === covered) unpublished.delete(id);
    bus.publish({ type: 'compiled', gateway, hash: snapshot.hash }, { cause: cause.seq });
    if (published === undefined) return appeared;
    const { hash, label } = published;
    bus.publish({ type: 'published', gateway, label, hash }, { cause: cause.seq });
    return true;
  };

  const reconcileGateway = async (id: string, cause: Cause): Promise<void> => {
    const name = parseNamespacedName(id);
    if (name === undefined) return;
    const gateway: GatewayRef = { cluster, ...name };
    try {
      const changed = await publishGateway(id, gateway, cause);
      // Before that nobody may have asked for a target, so nobody has to hear that it is another one.
      if (changed && firstPassDone) tell(gateway);
    } catch (thrown) {
      const err = toHeartlineError(thrown);
      logger.error(
        { err, gateway: id, seq: cause.seq },
        'a gateway was not published, its last version stands',
      );
      if (err.code === 'STORE_FAILED') retryLater(id, cause);
    }
  };

  const work = createWorkSet<Cause>(async (causes) => {
    await Promise.all([...causes].map(([id, cause]) => reconcileGateway(id, cause)));
  });

  const retryLater = (id: string, cause: Cause): void => {
    const timer = clock.after(RETRY_MS, () => {
      retries.delete(timer);
      work.add(new Map([[id, cause]]));
    });
    retries.add(timer);
  };

  const tell = (gateway: GatewayRef): void => {
    for (const listener of [...listeners]) {
      try {
        listener(gateway);
      } catch (err) {
        logger.error({ err, gateway }, 'a listener for new versions failed');
      }
    }
  };

  const updateIndex = (key: string): Iterable<string> => {
    const ref = parseObjectKey(key);
    if (ref === undefined) return [];
    // The transaction is only a hint; the truth is read, and may be newer.
    return index.update(ref, store.get(key)?.value as unknown as KubeObject | undefined);
  };

  const onTransaction = (transaction: Transaction): void => {
    const keys = [...new Set(transaction.ops.map(({ key }) => key))].filter((key) =>
      key.startsWith(OBJECTS_PREFIX),
    );
    if (keys.length === 0) return;
    const { seq, time, actor, reason } = transaction;
    bus.publish({ type: 'applied', seq, actor, reason, keys: keys.sort() }, { cause: seq });
    const cause: Cause = { seq, time, author: actor, reason };
    const ids = new Set(keys.flatMap((key) => [...updateIndex(key)]));
    for (const id of ids) unpublished.set(id, seq);
    work.add(new Map([...ids].map((id) => [id, cause])));
  };

  return {
    index,
    async start() {
      await book.load();
      const { entries, seq } = store.list(OBJECTS_PREFIX);
      for (const { key } of entries) updateIndex(key);
      // From here on, changes join the first pass or come right after it.
      stopWatch = store.watch(seq, onTransaction);
      const published = book.gateways().filter((gateway) => gateway.cluster === cluster);
      const ids = [...index.gatewayIds(), ...published.map(formatNamespacedName)];
      const time = clock.wallMs();
      const cause: Cause = { seq, time, author: 'control-plane', reason: 'compiled at start' };
      work.add(new Map(ids.map((id) => [id, cause])));
      await work.idle();
      firstPassDone = true;
    },
    async stop() {
      stopWatch();
      for (const timer of retries) timer.cancel();
      retries.clear();
      await work.stop();
    },
    idle: () => work.idle(),
    isPublished: (gateway) => !unpublished.has(formatNamespacedName(gateway)),
    gateways: () => book.gateways(),
    release: (gateway) => book.release(gateway),
    target(gateway) {
      const snapshot = gateway.cluster === cluster ? book.head(gateway) : undefined;
      return snapshot && { snapshot, gatewayExists: existing.has(formatNamespacedName(gateway)) };
    },
    byLabel: (gateway, label) => book.byLabel(gateway, label),
    onChange(listener) {
      const own = (gateway: GatewayRef): void => listener(gateway);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    ready: () => firstPassDone,
  };
}
