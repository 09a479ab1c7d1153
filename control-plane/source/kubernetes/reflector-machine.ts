// SPDX-License-Identifier: Apache-2.0
import type { ClusterObject } from './cluster-object.js';

/**
 * Why a request to the cluster came to nothing, by what has to be done about it.
 *
 * - `absent`: the kind is not installed there (404).
 * - `denied`: RBAC says no (403).
 * - `expired`: the revision or continue token is too old (410), or one the server has not reached (504 ResourceVersionTooLarge).
 * - `refused`: nobody answered at all. What comes back may be another server, or one with another history.
 * - `throttled`: 429; `retryAfterMs` is what the server asked for.
 * - `unauthorized`: 401; the credentials are read anew before the next try.
 * - `unintelligible`: what came is no watch event, or no list.
 * - `unavailable`: 5xx, a connection that was cut, an answer that stopped coming.
 */
export type FailureCause =
  | 'absent'
  | 'denied'
  | 'expired'
  | 'refused'
  | 'throttled'
  | 'unauthorized'
  | 'unavailable'
  | 'unintelligible';

export interface Failure {
  readonly cause: FailureCause;
  /** For the log. */
  readonly message: string;
  readonly retryAfterMs?: number;
}

export type ReflectorState =
  | { readonly phase: 'idle' }
  | {
      readonly phase: 'listing';
      /** Of the pages so far. */
      readonly items: readonly ClusterObject[];
      readonly continueToken?: string;
      /** False once a continue token expired: the next list comes in one piece. */
      readonly paged: boolean;
    }
  | {
      readonly phase: 'watching';
      /** Newest revision that was seen; where the next watch goes on. */
      readonly revision: string;
      /** Whether this watch has said anything. */
      readonly heard: boolean;
      /** Watches from here that came to nothing, one after the other. */
      readonly attempts: number;
    }
  | { readonly phase: 'waiting'; readonly resume: Resume; readonly cause: FailureCause | 'ended' };

/** What a wait ends in. */
export type Resume =
  | Extract<ReflectorState, { readonly phase: 'listing' }>
  | Extract<ReflectorState, { readonly phase: 'watching' }>;

export type ReflectorInput =
  | { readonly type: 'started' }
  | {
      readonly type: 'page';
      readonly items: readonly ClusterObject[];
      readonly revision: string;
      readonly continueToken?: string;
    }
  | {
      readonly type: 'event';
      readonly change: 'put' | 'removed' | 'bookmark';
      readonly object: ClusterObject;
    }
  /** The server ended the watch in good order. */
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly failure: Failure }
  /** The wait is over. */
  | { readonly type: 'due' };

export type ReflectorEffect =
  | { readonly do: 'list'; readonly paged: boolean; readonly continueToken?: string }
  | { readonly do: 'watch'; readonly revision: string }
  /** `backoff`: the next delay of the shared backoff, and at least `atLeastMs`. */
  | { readonly do: 'wait'; readonly atLeastMs: number }
  /** The server works: the backoff starts over. */
  | { readonly do: 'reset-backoff' }
  /** The whole truth about this kind; what is not in it does not exist. */
  | { readonly do: 'replace'; readonly items: readonly ClusterObject[] }
  | { readonly do: 'change'; readonly change: 'put' | 'removed'; readonly object: ClusterObject }
  /** The list is complete, or there can be none: nobody has to wait for this kind. */
  | { readonly do: 'settled' }
  | { readonly do: 'relisting'; readonly cause: FailureCause }
  | { readonly do: 'rewatching'; readonly cause: FailureCause | 'ended' };

export interface ReflectorStep {
  readonly state: ReflectorState;
  readonly effects: readonly ReflectorEffect[];
}

/** How often a kind that is not installed is asked for again: a CRD is applied once in a cluster's life. */
export const ABSENT_RETRY_MS = 30_000;
/** An operator who repairs a role does not wait long; a role that stays as it is costs two requests a minute. */
export const DENIED_RETRY_MS = 30_000;
/**
 * Watches from one revision that may fail before everything is listed again. client-go allows none; one spares a server
 * that closed every connection at once a list from everybody.
 */
const MAX_ATTEMPTS = 2;

type Listing = Extract<ReflectorState, { readonly phase: 'listing' }>;

const FIRST_LIST: Listing = { phase: 'listing', items: [], paged: true };

/**
 * The one door between the states: list until the last page, watch from there, and go on from the newest revision
 * whenever a watch ends. A list replaces nothing before its last page is there, so half a list removes nothing. What no
 * longer fits the state (an answer to a request that was given up) changes nothing.
 */
export function stepReflector(state: ReflectorState, input: ReflectorInput): ReflectorStep {
  switch (state.phase) {
    case 'idle':
      return input.type === 'started' ? begin(FIRST_LIST) : stay(state);
    case 'listing':
      if (input.type === 'page') return takePage(state, input);
      return input.type === 'failed' ? failList(state, input.failure) : stay(state);
    case 'watching':
      if (input.type === 'event') return takeEvent(state, input);
      if (input.type === 'ended') return endWatch(state);
      return input.type === 'failed' ? failWatch(state, input.failure) : stay(state);
    case 'waiting':
      return input.type === 'due' ? begin(state.resume) : stay(state);
  }
}

type Watching = Extract<ReflectorState, { readonly phase: 'watching' }>;

function stay(state: ReflectorState): ReflectorStep {
  return { state, effects: [] };
}

function begin(resume: Resume): ReflectorStep {
  return { state: resume, effects: [requestOf(resume)] };
}

function requestOf(resume: Resume): ReflectorEffect {
  if (resume.phase === 'watching') return { do: 'watch', revision: resume.revision };
  const { paged, continueToken } = resume;
  return { do: 'list', paged, ...(continueToken === undefined ? {} : { continueToken }) };
}

function takePage(
  state: Listing,
  page: Extract<ReflectorInput, { readonly type: 'page' }>,
): ReflectorStep {
  const items = [...state.items, ...page.items];
  if (page.continueToken !== undefined) {
    return begin({ ...state, items, continueToken: page.continueToken });
  }
  const watching: Resume = {
    phase: 'watching',
    revision: page.revision,
    heard: false,
    attempts: 0,
  };
  return {
    state: watching,
    effects: [{ do: 'replace', items }, { do: 'settled' }, requestOf(watching)],
  };
}

function failList(state: Listing, failure: Failure): ReflectorStep {
  switch (failure.cause) {
    case 'expired':
      // Pages took longer than the server keeps revisions: once more from the beginning, in one piece.
      return wait({ ...FIRST_LIST, paged: false }, failure);
    case 'absent': {
      const { state: next, effects } = wait(FIRST_LIST, failure, ABSENT_RETRY_MS);
      return { state: next, effects: [{ do: 'settled' }, ...effects] };
    }
    case 'denied':
      return wait(FIRST_LIST, failure, DENIED_RETRY_MS);
    case 'refused':
    case 'unintelligible':
      return wait(FIRST_LIST, failure);
    case 'throttled':
    case 'unauthorized':
    case 'unavailable':
      // The token is good for some minutes: the page that failed is asked for again, not all before it.
      return wait(state, failure);
  }
}

function takeEvent(
  state: Watching,
  { change, object }: Extract<ReflectorInput, { readonly type: 'event' }>,
): ReflectorStep {
  const revision = object.metadata.resourceVersion;
  if (isEarlier(revision, state.revision)) {
    return failWatch(state, { cause: 'expired', message: OTHER_HISTORY });
  }
  const next: Watching = { ...state, revision, heard: true, attempts: 0 };
  const effects: ReflectorEffect[] = state.heard ? [] : [{ do: 'reset-backoff' }];
  if (change !== 'bookmark') effects.push({ do: 'change', change, object });
  return { state: next, effects };
}

const OTHER_HISTORY = 'the revisions of the cluster went back: its history is another one';

/**
 * A server that was restored from a backup takes a watch from a revision that it has not reached, and says nothing until
 * it has. Its bookmarks tell. Revisions are numbers wherever Kubernetes runs; others are not compared.
 */
function isEarlier(revision: string, than: string): boolean {
  const isNumber = /^[0-9]+$/;
  return isNumber.test(revision) && isNumber.test(than) && BigInt(revision) < BigInt(than);
}

function endWatch(state: Watching): ReflectorStep {
  // A good end is no attempt that failed.
  const resume: Resume = { ...state, heard: false, attempts: 0 };
  // A server that ends each watch at once and says nothing is asked less and less often.
  if (!state.heard) {
    return {
      state: { phase: 'waiting', resume, cause: 'ended' },
      effects: [
        { do: 'rewatching', cause: 'ended' },
        { do: 'wait', atLeastMs: 0 },
      ],
    };
  }
  return { state: resume, effects: [{ do: 'rewatching', cause: 'ended' }, requestOf(resume)] };
}

function failWatch(state: Watching, failure: Failure): ReflectorStep {
  switch (failure.cause) {
    case 'absent':
    case 'denied':
    case 'expired':
    case 'refused':
    case 'unintelligible':
      return waitToList(failure);
    case 'unavailable':
      return state.attempts + 1 < MAX_ATTEMPTS || state.heard
        ? waitToWatch(state, failure)
        : waitToList(failure);
    case 'throttled':
    case 'unauthorized':
      return waitToWatch(state, failure);
  }
}

function waitToList(failure: Failure): ReflectorStep {
  const { state, effects } = wait(FIRST_LIST, failure);
  return { state, effects: [{ do: 'relisting', cause: failure.cause }, ...effects] };
}

function waitToWatch(watching: Watching, failure: Failure): ReflectorStep {
  const { state, effects } = wait(rewatch(watching), failure);
  return { state, effects: [{ do: 'rewatching', cause: failure.cause }, ...effects] };
}

function rewatch({ revision, heard, attempts }: Watching): Resume {
  return { phase: 'watching', revision, heard: false, attempts: heard ? 1 : attempts + 1 };
}

function wait(resume: Resume, failure: Failure, atLeastMs = 0): ReflectorStep {
  const asked = Math.max(atLeastMs, failure.retryAfterMs ?? 0);
  return {
    state: { phase: 'waiting', resume, cause: failure.cause },
    effects: [{ do: 'wait', atLeastMs: asked }],
  };
}
