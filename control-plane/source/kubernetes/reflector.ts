// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../../../shared/telemetry/logger.js';
import { createBackoff } from '../../../shared/time/backoff.js';
import type { Clock, Timer } from '../../../shared/time/clock.js';
import { resourceWord } from '../../policy/kinds.js';
import { isJsonObject } from '../../policy/structural-schema.js';
import type { ClusterClient } from './cluster-client.js';
import { type ClusterObject, readClusterObject } from './cluster-object.js';
import {
  type Failure,
  type ReflectorEffect,
  type ReflectorInput,
  type ReflectorState,
  stepReflector,
} from './reflector-machine.js';
import { createFrameSplitter, readFrame } from './watch-frames.js';
import { collectionPath, type WatchedKind } from './watched-kind.js';

export interface ReflectorOptions {
  readonly watched: WatchedKind;
  readonly client: ClusterClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly timing?: Partial<ReflectorTiming>;
  /** The whole truth about this kind. */
  readonly onReplace: (items: readonly ClusterObject[]) => void;
  readonly onChange: (change: 'put' | 'removed', object: ClusterObject) => void;
  /** After each step: whether the kind is watched now. */
  readonly onPhase?: (isWatched: boolean) => void;
  readonly onRestart?: (what: 'relist' | 'rewatch', cause: string) => void;
}

/** Follows one kind of the cluster until it is stopped. */
export interface Reflector {
  start(): void;
  /** No callback runs after it returns. */
  stop(): void;
  /** True once the first list is complete, or there can be none. */
  settled(): boolean;
  /** For readiness and metrics: what kept it from the rest. */
  progress(): ReflectorProgress;
}

export interface ReflectorProgress {
  /** The kind is not installed in the cluster: there is nothing to be behind of. */
  readonly isAbsent: boolean;
  /** What went wrong last, until something goes well. */
  readonly problem: string | undefined;
}

export interface ReflectorTiming {
  /**
   * A watch that said nothing for so long is given up. An API server sends a bookmark about every minute, so three
   * were missed; a half-open connection looks exactly like this.
   */
  readonly watchSilenceMs: number;
  /** A list that stopped coming. */
  readonly listSilenceMs: number;
  /** First and longest delay after failures; client-go's reflector waits 0.8 to 30 s. */
  readonly backoffMs: { readonly initial: number; readonly max: number };
}

const TIMING: ReflectorTiming = {
  watchSilenceMs: 180_000,
  listSilenceMs: 60_000,
  backoffMs: { initial: 400, max: 30_000 },
};

/** Objects to a page, as client-go asks for. */
const PAGE_SIZE = 500;
/** How long a watch is asked to last, seconds: between one and two times this, as client-go, so that servers are not asked by all at once. */
const MIN_WATCH_SECONDS = 300;

export function createReflector(options: ReflectorOptions): Reflector {
  const { watched, client, clock, random } = options;
  const timing = { ...TIMING, ...options.timing };
  const logger = options.logger.child({ resource: resourceWord(watched.kind) });
  const { initial, max } = timing.backoffMs;
  const backoff = createBackoff({ initialMs: initial, maxMs: max, jitter: 0.5, random });
  const path = collectionPath(watched.kind);
  const selector =
    watched.fieldSelector === undefined ? {} : { fieldSelector: watched.fieldSelector };

  let state: ReflectorState = { phase: 'idle' };
  let settled = false;
  let stopped = false;
  let problem: string | undefined;
  let timer: Timer | undefined;
  /** Of the request that is out; its answers count only while it is this one. */
  let current = new AbortController();

  const take = (input: ReflectorInput): void => {
    if (stopped) return;
    if (input.type === 'failed') noteFailure(input.failure);
    const step = stepReflector(state, input);
    state = step.state;
    for (const effect of step.effects) perform(effect);
    if (input.type !== 'event') options.onPhase?.(state.phase === 'watching');
  };

  const perform = (effect: ReflectorEffect): void => {
    switch (effect.do) {
      case 'list':
        void list(effect);
        break;
      case 'watch':
        void watch(effect.revision);
        break;
      case 'wait':
        begin();
        timer = clock.after(Math.max(effect.atLeastMs, backoff.nextMs()), () => {
          take({ type: 'due' });
        });
        break;
      case 'reset-backoff':
        backoff.reset();
        problem = undefined;
        break;
      case 'replace':
        problem = undefined;
        options.onReplace(effect.items);
        break;
      case 'change':
        options.onChange(effect.change, effect.object);
        break;
      case 'settled':
        settled = true;
        break;
      case 'relisting':
        options.onRestart?.('relist', effect.cause);
        break;
      case 'rewatching':
        options.onRestart?.('rewatch', effect.cause);
        break;
    }
  };

  /** Once for each sentence: a kind that is missing for a week is one line. */
  const noteFailure = ({ cause, message }: Failure): void => {
    if (cause === 'expired' || message === problem) return;
    problem = message;
    if (cause === 'absent') logger.info({ cause, message }, ABSENT_SENTENCE);
    else if (cause === 'denied') logger.error({ cause, message }, DENIED_SENTENCE);
    else logger.warn({ cause, message }, 'the cluster did not answer well, trying again');
  };

  /** A new request; whatever an earlier one still says is not listened to. */
  const begin = (): AbortController => {
    current.abort();
    current = new AbortController();
    return current;
  };

  const list = async (wanted: Extract<ReflectorEffect, { do: 'list' }>): Promise<void> => {
    const own = begin();
    const result = await client.send({
      method: 'GET',
      path,
      query: {
        ...selector,
        ...(wanted.paged ? { limit: String(PAGE_SIZE) } : {}),
        ...(wanted.continueToken === undefined ? {} : { continue: wanted.continueToken }),
      },
      silenceMs: timing.listSilenceMs,
      signal: own.signal,
    });
    if (own !== current) return;
    take(result.ok ? readPage(result.value) : { type: 'failed', failure: result.failure });
  };

  const watch = async (revision: string): Promise<void> => {
    const own = begin();
    const splitter = createFrameSplitter();
    const seconds = Math.round(MIN_WATCH_SECONDS * (1 + random()));
    const result = await client.stream(
      {
        method: 'GET',
        path,
        query: {
          ...selector,
          watch: 'true',
          resourceVersion: revision,
          allowWatchBookmarks: 'true',
          timeoutSeconds: String(seconds),
        },
        silenceMs: timing.watchSilenceMs,
        signal: own.signal,
      },
      (chunk) => {
        for (const line of splitter.take(chunk) ?? [TOO_LONG]) {
          if (own === current) take(readFrame(line));
        }
      },
    );
    if (own !== current) return;
    take(result.ok ? { type: 'ended' } : { type: 'failed', failure: result.failure });
  };

  return {
    start: () => take({ type: 'started' }),
    stop() {
      stopped = true;
      timer?.cancel();
      current.abort();
    },
    settled: () => settled,
    progress: () => ({
      isAbsent: state.phase === 'waiting' && state.cause === 'absent',
      problem,
    }),
  };
}

const ABSENT_SENTENCE =
  'the cluster does not have this kind: install its CRD (deploy/crds, and the Gateway API) if it is wanted; looking again now and then';
const DENIED_SENTENCE =
  'the cluster does not let us read this kind: apply the roles of deploy/kubernetes; trying again now and then';
/** What is read instead of a line that is longer than any: no frame. */
const TOO_LONG = '(a line without end)';

/** A list as the machine takes it; one odd item makes the whole list unusable, for what is missing would be removed. */
function readPage(value: unknown): ReflectorInput {
  const metadata = isJsonObject(value) ? value['metadata'] : undefined;
  const items = isJsonObject(value) ? (value['items'] ?? []) : undefined;
  const revision = isJsonObject(metadata) ? metadata['resourceVersion'] : undefined;
  const token = isJsonObject(metadata) ? metadata['continue'] : undefined;
  if (!Array.isArray(items) || typeof revision !== 'string') return oddList();
  const read = items.map((item) => readClusterObject(item));
  if (read.some((item) => item === undefined)) return oddList();
  return {
    type: 'page',
    items: read as readonly ClusterObject[],
    revision,
    ...(typeof token === 'string' && token !== '' ? { continueToken: token } : {}),
  };
}

function oddList(): ReflectorInput {
  const message = 'the answer to a list is no list of objects';
  return { type: 'failed', failure: { cause: 'unintelligible', message } };
}
