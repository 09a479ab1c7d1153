// SPDX-License-Identifier: Apache-2.0
import type { Registry } from 'prom-client';
import type { Logger } from '../../../shared/telemetry/logger.js';
import type { Clock } from '../../../shared/time/clock.js';
import type { JsonValue } from '../../log/transaction.js';
import type { Admission } from '../../policy/admission.js';
import { objectPrefix, resourceWord, statusKey } from '../../policy/kinds.js';
import { OBJECTS_PREFIX, parseObjectKey } from '../../reconcile/object-ref.js';
import type { StopWatch, Store } from '../../store/store.js';
import { type ClusterAccess, createClusterClient } from './cluster-client.js';
import { createClusterStatuses } from './cluster-statuses.js';
import { createLeaseElector } from './lease-elector.js';
import { createMirror, readKnownCopy } from './mirror.js';
import { createReflector, type Reflector, type ReflectorTiming } from './reflector.js';
import { refusedStatus } from './refused-status.js';
import { createSourceMetrics, type ResourceFigures } from './source-metrics.js';
import { createStatusPusher } from './status-pusher.js';
import { hasStatus, WATCHED_KINDS, type WatchedKind } from './watched-kind.js';

export interface KubernetesSourceOptions {
  readonly access: ClusterAccess;
  /** What messages and the log call the cluster: a kubeconfig's context, or `in-cluster`. */
  readonly clusterName: string;
  readonly store: Store;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly registry: Registry;
  readonly lease: { readonly namespace: string; readonly name: string; readonly identity: string };
  /** `heartline/<version>`, as the API server's audit log shows us. */
  readonly userAgent: string;
  readonly timing?: Partial<ReflectorTiming>;
}

/** A real cluster as the owner of all objects: a copy of them in our log, and our statuses on them. */
export interface KubernetesSource {
  /** Begins to list and watch. */
  start(): void;
  /** Resolves when the log holds a whole copy of this cluster: at once when it did already. */
  firstCopy(): Promise<void>;
  /** What readiness waits for, one phrase for each kind that was never listed. */
  pending(): readonly string[];
  /** From now on statuses go to the cluster, from whichever replica leads; call it once they are computed. */
  startStatuses(): void;
  stop(): Promise<void>;
}

interface Followed {
  readonly watched: WatchedKind;
  readonly reflector: Reflector;
  /** Monotonic time since which it is not watched; undefined = it is. */
  behindSinceMs: number | undefined;
}

export function createKubernetesSource(options: KubernetesSourceOptions): KubernetesSource {
  const { store, clock, logger, clusterName, random } = options;
  const client = createClusterClient(options.access, clock, options.userAgent);
  const known = readKnownCopy(store);
  const hasCopy = known?.cluster === clusterName;
  const followed: Followed[] = [];
  const metrics = createSourceMetrics({
    registry: options.registry,
    resources: () => followed.map(figuresOf),
    isLeader: () => elector.isLeader(),
  });
  const mirror = createMirror({
    ...{ store, clock, logger },
    cluster: clusterName,
    admit: (kind, object) =>
      options.admission.admit(kind, object, { fieldValidation: 'Ignore' }).object,
    onRefusal: (key) => pusher.mark(key),
    onWritten: metrics.written,
  });
  const statuses = createClusterStatuses((key) => pusher.mark(key));
  const desired = (key: string): JsonValue | undefined => {
    const ref = parseObjectKey(key);
    if (ref === undefined) return undefined;
    const own = store.get(statusKey(ref.kind, ref.namespace, ref.name))?.value;
    const refusal = mirror.refusals().get(key);
    return refusal === undefined ? own : refusedStatus(refusal, own, refusal.sinceMs);
  };
  const pusher = createStatusPusher({
    ...{ client, statuses, desired, clock, logger, random },
    onResult: metrics.pushed,
  });
  const elector = createLeaseElector({
    ...{ client, clock, logger, random, ...options.lease },
    onChange: pusher.lead,
  });
  let stopWatch: StopWatch = () => {};
  let copied: Promise<void> | undefined;
  let tellSettled = (): void => {};

  for (const watched of WATCHED_KINDS) followed.push(follow(watched));

  function follow(watched: WatchedKind): Followed {
    const { kind } = watched;
    const withStatus = hasStatus(kind);
    const reflector = createReflector({
      ...{ watched, client, clock, logger, random },
      ...(options.timing === undefined ? {} : { timing: options.timing }),
      onReplace(items) {
        if (withStatus) statuses.replace(kind, items);
        mirror.replace(kind, items);
      },
      onChange(change, object) {
        if (withStatus) statuses.change(kind, change, object);
        mirror.change(kind, change, object);
      },
      onRestart: (what, cause) => metrics.restarted(resourceWord(kind), what, cause),
      onPhase(isWatched) {
        const isCurrent = isWatched || reflector.progress().isAbsent;
        one.behindSinceMs = isCurrent ? undefined : (one.behindSinceMs ?? clock.monotonicMs());
        if (followed.every(({ reflector: each }) => each.settled())) tellSettled();
      },
    });
    const one: Followed = { watched, reflector, behindSinceMs: clock.monotonicMs() };
    return one;
  }

  function figuresOf({ watched: { kind }, behindSinceMs }: Followed): ResourceFigures {
    const prefix = objectPrefix(kind);
    const refused = [...mirror.refusals().keys()].filter((key) => key.startsWith(prefix)).length;
    return {
      resource: resourceWord(kind),
      objects: store.list(prefix).entries.length,
      refused,
      behindSeconds:
        behindSinceMs === undefined ? 0 : (clock.monotonicMs() - behindSinceMs) / 1_000,
    };
  }

  /** Half a copy is never written: with none to fall back on, everything is listed first. */
  const takeFirstCopy = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      tellSettled = resolve;
    });
    mirror.release();
    await mirror.idle();
    logger.info({ cluster: clusterName }, 'the first copy of the cluster is complete');
  };

  return {
    start() {
      if (hasCopy) {
        const ageSeconds = Math.round((clock.wallMs() - known.atMs) / 1_000);
        logger.info(
          { cluster: clusterName, ageSeconds },
          'serving the copy from before until the cluster answers',
        );
        mirror.release();
        copied = Promise.resolve();
      } else copied = takeFirstCopy();
      for (const { reflector } of followed) reflector.start();
    },
    firstCopy: async () => copied,
    pending() {
      if (hasCopy) return [];
      return followed
        .filter(({ reflector }) => !reflector.settled())
        .map(({ watched, reflector }) => {
          const { problem } = reflector.progress();
          const why = problem === undefined ? '' : ` (${problem})`;
          return `kubernetes: listing ${watched.kind.plural}${why}`;
        });
    },
    startStatuses() {
      stopWatch = store.watch(store.lastSeq(), ({ ops }) => {
        for (const { key } of ops) {
          if (key.startsWith('status/'))
            pusher.mark(`${OBJECTS_PREFIX}${key.slice('status/'.length)}`);
        }
      });
      elector.start();
    },
    async stop() {
      for (const { reflector } of followed) reflector.stop();
      stopWatch();
      await pusher.stop();
      await elector.stop();
      await mirror.stop();
      options.access.close();
    },
  };
}
