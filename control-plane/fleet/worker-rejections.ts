// SPDX-License-Identifier: Apache-2.0
import type { RejectionClass, ResourceProblem, WorkerRef } from '../../shared/events/event.js';
import { compareText } from '../../shared/names/sort.js';
import { NO_REJECTIONS, type Rejection, type Rejections } from '../xds/rejections.js';

/** One resource that one build of one worker does not run as it should. */
export interface StandingRejection {
  readonly typeUrl: string;
  readonly resource: string;
  /** Content that was refused; undefined = the removal was. */
  readonly hash: string | undefined;
  /** The worker's words, cut where they are read (verdict.ts). */
  readonly message: string;
  readonly class: RejectionClass;
  /** The worker blamed a whole response: this resource may be innocent. */
  readonly whole: boolean;
  /** The worker has it and tries again by itself; otherwise it was refused and is not sent again. */
  readonly held: boolean;
  /** Milliseconds since the Unix epoch, of the first refusal of this content. */
  readonly sinceMs: number;
}

/** Everything one worker has refused and nobody has fixed yet. A value. */
export interface WorkerRejections {
  readonly worker: WorkerRef;
  /** What the worker said it runs: another build may take what this one refused. */
  readonly build: string;
  /** Milliseconds since the Unix epoch when something was heard of it last; decides when it is forgotten. */
  readonly lastMs: number;
  /** Sorted by type and resource. */
  readonly standing: readonly StandingRejection[];
}

/**
 * Kept per worker. A worker that refuses more than this refuses everything: what is beyond is sent once more on its next
 * stream, and refused once more.
 */
const MAX_STANDING = 256;

export function noRejections(worker: WorkerRef, build: string, nowMs: number): WorkerRejections {
  return { worker, build, lastMs: nowMs, standing: [] };
}

/** What is not sent to this worker again: final refusals only. A refusal for the environment's sake ends with the stream. */
export function refusalsOf({ standing }: WorkerRejections, typeUrl: string): Rejections {
  const final = standing.filter(
    (one) => one.typeUrl === typeUrl && one.class === 'invalid' && !one.held,
  );
  if (final.length === 0) return NO_REJECTIONS;
  return new Map(
    final.map(({ resource, hash, message, whole }) => [resource, { hash, message, whole }]),
  );
}

/** Takes what a stream of the worker now knows to be refused of one type, all of it. */
export function noteRefusals(
  before: WorkerRejections,
  typeUrl: string,
  rejections: Rejections,
  nowMs: number,
): WorkerRejections {
  const others = before.standing.filter(
    (one) => one.typeUrl !== typeUrl || (one.held && !rejections.has(one.resource)),
  );
  const refused = [...rejections].map(([resource, rejection]) =>
    sinceFirst(before, { ...refusal(rejection), typeUrl, resource, held: false, sinceMs: nowMs }),
  );
  return withStanding(before, [...others, ...refused], nowMs);
}

/** Takes what the worker has and cannot run now; `hashOf` tells the content it has. */
export function noteTroubles(
  before: WorkerRejections,
  typeUrl: string,
  problems: readonly ResourceProblem[],
  hashOf: (resource: string) => string | undefined,
  nowMs: number,
): WorkerRejections {
  const troubles = problems.filter((problem) => problem.class === 'environment');
  if (troubles.length === 0) return before;
  const names = new Set(troubles.map(({ resource }) => resource));
  const others = before.standing.filter(
    (one) => one.typeUrl !== typeUrl || !names.has(one.resource),
  );
  const added = troubles.map(({ resource, message }): StandingRejection => {
    const about = { typeUrl, resource, hash: hashOf(resource), message };
    const kind = { class: 'environment', whole: false, held: true, sinceMs: nowMs } as const;
    return sinceFirst(before, { ...about, ...kind });
  });
  return withStanding(before, [...others, ...added], nowMs);
}

/** Drops troubles that are over: `isOver` is asked about each resource that the worker has and could not run. */
export function dropTroubles(
  before: WorkerRejections,
  isOver: (trouble: StandingRejection) => boolean,
  nowMs: number,
): WorkerRejections {
  const left = before.standing.filter((one) => !(one.held && isOver(one)));
  return left.length === before.standing.length ? before : withStanding(before, left, nowMs);
}

/** What stands in `before` and no more in `after`, by type; another refusal of the same resource clears nothing. */
export function clearedBetween(
  before: WorkerRejections,
  after: WorkerRejections,
): ReadonlyMap<string, readonly string[]> {
  const still = new Set(after.standing.map(nameOf));
  const cleared = new Map<string, string[]>();
  for (const one of before.standing) {
    if (still.has(nameOf(one))) continue;
    cleared.set(one.typeUrl, [...(cleared.get(one.typeUrl) ?? []), one.resource]);
  }
  return cleared;
}

function refusal(
  rejection: Rejection,
): Pick<StandingRejection, 'hash' | 'message' | 'whole' | 'class'> {
  const { hash, message, whole } = rejection;
  return { hash, message, whole, class: rejection.class ?? 'invalid' };
}

/** The same content refused again has been refused since the first time. */
function sinceFirst(before: WorkerRejections, one: StandingRejection): StandingRejection {
  const known = before.standing.find(
    (earlier) => nameOf(earlier) === nameOf(one) && earlier.hash === one.hash,
  );
  return known === undefined ? one : { ...one, sinceMs: known.sinceMs };
}

function withStanding(
  before: WorkerRejections,
  standing: readonly StandingRejection[],
  nowMs: number,
): WorkerRejections {
  const sorted = standing
    .toSorted((a, b) => compareText(a.typeUrl, b.typeUrl) || compareText(a.resource, b.resource))
    .slice(0, MAX_STANDING);
  return { ...before, lastMs: nowMs, standing: sorted };
}

function nameOf({ typeUrl, resource }: StandingRejection): string {
  return `${typeUrl} ${resource}`;
}
