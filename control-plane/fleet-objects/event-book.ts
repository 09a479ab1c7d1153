// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import { fillBucket, type Rate, type TokenBucket } from '../../shared/time/token-bucket.js';
import { formatConditionTime } from '../compile/conditions.js';
import type { KubeObject } from '../policy/kube-object.js';
import { uidOf } from './names.js';
import type { Note, NoteSubject } from './note.js';

/** As Kubernetes' API server keeps events, milliseconds. */
const KEEP_MS = 3_600_000;
const MAX_EVENTS = 1_000;
/** Of one reason: a thousand workers that connect must not push out what happened to a policy. */
const MAX_OF_REASON = 300;
/** Of one object and reason: what differs in words only, such as versions, is combined from here on. */
const MAX_WORDINGS = 10;
/**
 * Of one object and reason, so that many versions do not silence a refusal. Kubernetes' clients have the same burst,
 * and then one event in five minutes, of an object whatever the reason.
 */
const RATE: Rate = { perSecond: 0.1, burst: 25 };

/** The part of core/v1 Event that is written; it is no KubeObject with a spec and a status. */
interface EventObject {
  readonly apiVersion: 'v1';
  readonly kind: 'Event';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly creationTimestamp: string;
  };
  readonly involvedObject: NoteSubject & { readonly uid?: string };
  readonly type: Note['type'];
  readonly reason: string;
  readonly message: string;
  readonly source: { readonly component: string };
  readonly reportingComponent: string;
  readonly reportingInstance: string;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly count: number;
}

interface Entry {
  readonly object: EventObject;
  readonly lastMs: number;
  /** What entries of one object, type and reason share. */
  readonly family: string;
}

/** What becomes of the events that are shown; `removed` first. */
export interface BookChange {
  readonly removed: readonly KubeObject[];
  readonly put: KubeObject | undefined;
}

/** Counts what repeats, limits what floods, forgets what is old. `nowMs` is the wall clock. */
export interface EventBook {
  /** `uid` of the object the note is about, when it is known. */
  add(note: Note, uid: string | undefined, nowMs: number): BookChange;
  prune(nowMs: number): readonly KubeObject[];
}

export function createEventBook(): EventBook {
  /** Oldest first: an event that happens again moves to the end. */
  const entries = new Map<string, Entry>();
  /** Keys of `entries` by reason, in the same order: a look at all of them for each event would be dear. */
  const ofReason = new Map<string, Set<string>>();
  /** How many entries a family has. */
  const wordings = new Map<string, number>();
  const buckets = new Map<string, TokenBucket>();

  const mayTell = (what: string, nowMs: number): boolean => {
    const full: TokenBucket = { tokens: RATE.burst, atMs: nowMs };
    const bucket = fillBucket(buckets.get(what) ?? full, RATE, nowMs);
    const isAllowed = bucket.tokens >= 1;
    buckets.set(what, isAllowed ? { ...bucket, tokens: bucket.tokens - 1 } : bucket);
    return isAllowed;
  };
  const keyOf = (note: Note, family: string): string => {
    const exact = `${family} ${note.message}`;
    if (entries.has(exact)) return exact;
    return (wordings.get(family) ?? 0) < MAX_WORDINGS ? exact : `${family} combined`;
  };
  const drop = (key: string): readonly KubeObject[] => {
    const entry = entries.get(key);
    if (entry === undefined) return [];
    const { family, object } = entry;
    entries.delete(key);
    ofReason.get(object.reason)?.delete(key);
    const left = (wordings.get(family) ?? 1) - 1;
    if (left === 0) wordings.delete(family);
    else wordings.set(family, left);
    return [toKubeObject(object)];
  };
  const keep = (key: string, entry: Entry): void => {
    const { family, object } = entry;
    drop(key);
    entries.set(key, entry);
    wordings.set(family, (wordings.get(family) ?? 0) + 1);
    const alike = ofReason.get(object.reason) ?? new Set();
    ofReason.set(object.reason, alike.add(key));
  };
  const prune = (nowMs: number): readonly KubeObject[] => {
    for (const [what, bucket] of buckets) {
      if (fillBucket(bucket, RATE, nowMs).tokens >= RATE.burst) buckets.delete(what);
    }
    const old = [...entries].filter(([, { lastMs }]) => nowMs - lastMs > KEEP_MS);
    return old.flatMap(([key]) => drop(key));
  };
  const makeRoom = (reason: string): readonly KubeObject[] => {
    const alike = ofReason.get(reason) ?? NONE;
    const crowded = alike.size > MAX_OF_REASON ? first(alike) : undefined;
    const oldest = entries.size > MAX_EVENTS ? first(entries.keys()) : undefined;
    const key = crowded ?? oldest;
    return key === undefined ? [] : drop(key);
  };

  return {
    prune,
    add(note, uid, nowMs) {
      if (!mayTell(`${subjectKey(note.about)} ${note.reason}`, nowMs))
        return { removed: [], put: undefined };
      const family = JSON.stringify([subjectKey(note.about), note.type, note.reason]);
      const key = keyOf(note, family);
      const before = entries.get(key)?.object;
      const object = writeEvent(note, { key, uid, before, now: formatConditionTime(nowMs) });
      keep(key, { object, lastMs: nowMs, family });
      return { removed: makeRoom(note.reason), put: toKubeObject(object) };
    },
  };
}

const NONE: ReadonlySet<string> = new Set();

function first(keys: Iterable<string>): string | undefined {
  for (const key of keys) return key;
  return undefined;
}

function subjectKey({ kind, namespace, name }: NoteSubject): string {
  return `${kind}/${namespace}/${name}`;
}

interface Writing {
  readonly key: string;
  readonly uid: string | undefined;
  readonly before: EventObject | undefined;
  readonly now: string;
}

/** The longest name whose event name, with a dot and 16 digits, is one of Kubernetes. */
const MAX_NAME_CHARS = 236;

function writeEvent(note: Note, { key, uid, before, now }: Writing): EventObject {
  const { about, message, reason, type } = note;
  const name = `${about.name.slice(0, MAX_NAME_CHARS)}.${hash('sha256', key).slice(0, 16)}`;
  const firstTimestamp = before?.firstTimestamp ?? now;
  // Events are namespaced; what has no namespace tells in the one Kubernetes uses for that.
  const namespace = about.namespace || 'default';
  const isCombined = key.endsWith(' combined');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      ...{ name, namespace, creationTimestamp: firstTimestamp },
      uid: uidOf('Event', `${key} ${firstTimestamp}`),
    },
    involvedObject: { ...about, ...(uid === undefined ? {} : { uid }) },
    ...{ type, reason },
    message: isCombined ? `(combined from similar events): ${message}` : message,
    source: { component: 'heartline' },
    reportingComponent: 'heartline',
    reportingInstance: '',
    ...{ firstTimestamp, lastTimestamp: now },
    count: (before?.count ?? 0) + 1,
  };
}

function toKubeObject(object: EventObject): KubeObject {
  return object as unknown as KubeObject;
}
