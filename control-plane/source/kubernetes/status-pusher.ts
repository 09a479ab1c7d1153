// SPDX-License-Identifier: Apache-2.0
import { toHeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Logger } from '../../../shared/telemetry/logger.js';
import { type Backoff, createBackoff } from '../../../shared/time/backoff.js';
import type { Clock, Timer } from '../../../shared/time/clock.js';
import {
  fillBucket,
  type Rate,
  type TokenBucket,
  waitForTokenMs,
} from '../../../shared/time/token-bucket.js';
import type { JsonValue } from '../../log/transaction.js';
import { apiVersionOf, resourceWord } from '../../policy/kinds.js';
import { isOnlyCounting } from '../../reconcile/status-change.js';
import type { ClusterClient, ClusterFailure } from './cluster-client.js';
import { readClusterObject } from './cluster-object.js';
import type { ClusterStatus, ClusterStatuses } from './cluster-statuses.js';
import { mergeStatus, sameStatus } from './merge-status.js';
import { itemPath } from './watched-kind.js';

/** What came of one status; the label of the metric. */
export type PushResult =
  | 'conflict'
  | 'denied'
  | 'failed'
  | 'gone'
  | 'not-kept'
  | 'refused'
  | 'written';

export interface StatusPusherOptions {
  readonly client: ClusterClient;
  readonly statuses: ClusterStatuses;
  /** The status that an object should have by what we know, by its store key; undefined = nothing to say. */
  readonly desired: (key: string) => JsonValue | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly onResult?: (result: PushResult) => void;
}

/** Brings statuses to the cluster while this replica leads. */
export interface StatusPusher {
  /** The object's status may have to be written; cheap when it need not. */
  mark(key: string): void;
  /** A leader looks at every object once. */
  lead(isLeader: boolean): void;
  /** Resolves when the request that is out has ended. */
  stop(): Promise<void>;
}

/** What client-go allows a controller by default are 5 with a burst of 10; a rollout of 1,000 policies should not take minutes. */
const RATE: Rate = { perSecond: 20, burst: 50 };
/** Between two writes of one object that differ in sentences only, milliseconds. */
const COUNT_INTERVAL_MS = 10_000;
/** An operator who repairs a role does not wait long. */
const DENIED_RETRY_MS = 30_000;
const REQUEST_MS = 15_000;

interface PlannedPush {
  readonly seen: ClusterStatus;
  /** What we have to say. */
  readonly wanted: JsonValue;
  /** That, put into what the cluster has. */
  readonly status: JsonValue;
}

export function createStatusPusher(options: StatusPusherOptions): StatusPusher {
  const { client, statuses, desired, clock, logger } = options;
  const backoff = createBackoff({
    initialMs: 500,
    maxMs: 30_000,
    jitter: 0.5,
    random: options.random,
  });
  const dirty = new Set<string>();
  const later = new Map<string, Timer>();
  /** Monotonic time of the last write, by key. */
  const writtenAtMs = new Map<string, number>();
  /** Statuses that the cluster did not keep as they were sent, by key: sent again they would fare no better. */
  const hopeless = new Map<string, string>();
  /** Pauses of objects that others write all the time, by key. */
  const contested = new Map<string, Backoff>();
  const stopping = new AbortController();
  let leads = false;
  let bucket: TokenBucket = { tokens: RATE.burst, atMs: clock.monotonicMs() };
  let pause: Timer | undefined;
  let running: Promise<void> | undefined;
  let complaint: string | undefined;

  const mark = (key: string): void => {
    // Who becomes the leader looks at everything.
    if (!leads) return;
    dirty.add(key);
    wake();
  };

  const markLater = (key: string, delayMs: number): void => {
    if (later.has(key)) return;
    const timer = clock.after(delayMs, () => {
      later.delete(key);
      mark(key);
    });
    later.set(key, timer);
  };

  const wake = (delayMs = 0): void => {
    const isIdle = leads && dirty.size > 0 && !stopping.signal.aborted;
    if (!isIdle || running !== undefined || pause !== undefined) return;
    pause = clock.after(delayMs, () => {
      pause = undefined;
      let pauseMs = 0;
      running = pushAll()
        .then((ms) => {
          pauseMs = ms;
        })
        .catch((thrown: unknown) => {
          pauseMs = backoff.nextMs();
          logger.error({ err: toHeartlineError(thrown) }, 'statuses were not written');
        })
        .finally(() => {
          running = undefined;
          wake(pauseMs);
        });
    });
  };

  /** Until nothing is left; resolves earlier with the pause that has to be made first. */
  const pushAll = async (): Promise<number> => {
    for (const key of dirty) {
      if (!leads || stopping.signal.aborted) return 0;
      dirty.delete(key);
      const planned = plan(key);
      if (planned === undefined) continue;
      bucket = fillBucket(bucket, RATE, clock.monotonicMs());
      const waitMs = waitForTokenMs(bucket, RATE);
      if (waitMs > 0) {
        dirty.add(key);
        return waitMs;
      }
      bucket = { ...bucket, tokens: bucket.tokens - 1 };
      const pauseMs = await push(key, planned);
      if (pauseMs > 0) return pauseMs;
    }
    return 0;
  };

  /** The status to send, if the cluster's is another and it is time. */
  const plan = (key: string): PlannedPush | undefined => {
    const seen = statuses.get(key);
    const wanted = desired(key);
    if (seen === undefined || wanted === undefined) return undefined;
    const status = mergeStatus(seen.status, wanted);
    if (sameStatus(status, seen.status) || hopeless.get(key) === JSON.stringify(status))
      return undefined;
    const dueMs = (writtenAtMs.get(key) ?? Number.NEGATIVE_INFINITY) + COUNT_INTERVAL_MS;
    const earlyMs = dueMs - clock.monotonicMs();
    if (earlyMs <= 0 || !isOnlyCounting(seen.status, status)) return { seen, wanted, status };
    markLater(key, earlyMs);
    return undefined;
  };

  /** Sends one status; returns how long to pause before the next one, milliseconds. */
  const push = async (key: string, planned: PlannedPush): Promise<number> => {
    const { seen, wanted, status } = planned;
    const { kind, namespace, name, resourceVersion } = seen;
    const result = await client.send({
      method: 'PATCH',
      path: `${itemPath(kind, namespace, name)}/status`,
      contentType: 'application/merge-patch+json',
      body: {
        apiVersion: apiVersionOf(kind),
        kind: kind.kind,
        // Whoever wrote since we read is not overwritten: the list that controllers share is sent whole.
        metadata: { name, resourceVersion },
        status,
      },
      silenceMs: REQUEST_MS,
      signal: stopping.signal,
    });
    if (!result.ok) return fail(key, planned, result);
    backoff.reset();
    complaint = undefined;
    writtenAtMs.set(key, clock.monotonicMs());
    contested.delete(key);
    const written = readClusterObject(result.value);
    if (written !== undefined) statuses.change(kind, 'put', written);
    const kept = statuses.get(key)?.status;
    const again = mergeStatus(kept, wanted);
    if (sameStatus(again, kept)) options.onResult?.('written');
    else giveUp(key, { ...planned, status: again }, 'not-kept', NOT_KEPT);
    return 0;
  };

  const fail = async (
    key: string,
    planned: PlannedPush,
    { failure, status: code }: ClusterFailure,
  ): Promise<number> => {
    if (stopping.signal.aborted) return 0;
    if (code === 409) {
      options.onResult?.('conflict');
      await reread(key, planned.seen);
      return 0;
    }
    switch (failure.cause) {
      case 'absent':
        options.onResult?.('gone');
        return 0;
      case 'denied':
        options.onResult?.('denied');
        complain('error', failure.message, DENIED, planned.seen);
        markLater(key, DENIED_RETRY_MS);
        return 0;
      case 'unintelligible':
        giveUp(key, planned, 'refused', failure.message);
        return 0;
      default:
        options.onResult?.('failed');
        complain('warn', failure.message, 'a status was not written, trying again', planned.seen);
        dirty.add(key);
        return Math.max(failure.retryAfterMs ?? 0, backoff.nextMs());
    }
  };

  /** Somebody wrote the object since we heard of it: what it is now is merged anew. */
  const reread = async (key: string, { kind, namespace, name }: ClusterStatus): Promise<void> => {
    const result = await client.send({
      method: 'GET',
      path: itemPath(kind, namespace, name),
      silenceMs: REQUEST_MS,
      signal: stopping.signal,
    });
    const object = result.ok ? readClusterObject(result.value) : undefined;
    if (object !== undefined) statuses.change(kind, 'put', object);
    else if (!result.ok && result.failure.cause === 'absent') return;
    const pauses =
      contested.get(key) ??
      createBackoff({ initialMs: 100, maxMs: 30_000, jitter: 0.5, random: options.random });
    contested.set(key, pauses);
    markLater(key, pauses.nextMs());
  };

  const giveUp = (
    key: string,
    { seen: { kind, namespace, name }, status }: PlannedPush,
    result: PushResult,
    message: string,
  ): void => {
    hopeless.set(key, JSON.stringify(status));
    options.onResult?.(result);
    const resource = resourceWord(kind);
    logger.warn(
      { resource, namespace, name, message },
      'the cluster did not take a status as it was sent',
    );
  };

  /** Once for each sentence, not for each object. */
  const complain = (
    level: 'error' | 'warn',
    message: string,
    sentence: string,
    { kind }: ClusterStatus,
  ): void => {
    const said = `${kind.kind} ${message.replace(/"[^"]*"/g, '')}`;
    if (complaint === said) return;
    complaint = said;
    logger[level]({ resource: resourceWord(kind), message }, sentence);
  };

  return {
    mark,
    lead(isLeader) {
      leads = isLeader;
      if (isLeader) {
        hopeless.clear();
        for (const key of statuses.keys()) dirty.add(key);
      }
      wake();
    },
    async stop() {
      stopping.abort();
      pause?.cancel();
      for (const timer of later.values()) timer.cancel();
      await running;
    },
  };
}

const DENIED =
  'the cluster does not let us write statuses: apply the roles of deploy/kubernetes; trying again now and then';
const NOT_KEPT =
  'fields of it were dropped: the CRD that is installed is older than deploy/crds, or another one';
