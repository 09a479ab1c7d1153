// SPDX-License-Identifier: Apache-2.0
import type { RejectionClass, ResourceProblem } from '../../shared/events/event.js';
import type { ResourceSet } from './holding.js';

/** Why a worker refused one content of one resource. */
export interface Rejection {
  /** Content that was refused; undefined = the removal was. */
  readonly hash: string | undefined;
  readonly message: string;
  /** The worker blamed the response as a whole: this resource may be innocent. */
  readonly whole: boolean;
  /** Absent = `invalid`. */
  readonly class?: RejectionClass;
}

/** By resource name: what is not sent again until its content changes (R6). */
export type Rejections = ReadonlyMap<string, Rejection>;

export const NO_REJECTIONS: Rejections = new Map();

/** Stands for a response that was refused although it carried nothing to blame; no resource has this name. */
export const NOTHING_CARRIED = '';

/** Whether this very content of the resource was refused; undefined = its removal. */
export function isRejected(
  rejections: Rejections,
  name: string,
  hash: string | undefined,
): boolean {
  const rejection = rejections.get(name);
  return rejection !== undefined && rejection.hash === hash;
}

/**
 * Forgets refusals of content that nobody wants any more. When one resource of a response that was
 * refused as a whole changes, its companions get another chance as well: they may have been innocent,
 * and a fixed resource must never leave others behind.
 */
export function dropOutdated(rejections: Rejections, target: ResourceSet): Rejections {
  if (rejections.size === 0) return rejections;
  const isOutdated = ([name, rejection]: [string, Rejection]): boolean =>
    target.resources.get(name)?.hash !== rejection.hash;
  const outdated = [...rejections].filter(isOutdated);
  if (outdated.length === 0) return rejections;
  const forgiveWhole = outdated.some(([, rejection]) => rejection.whole);
  const kept = [...rejections].filter(
    (entry) => !isOutdated(entry) && !(forgiveWhole && entry[1].whole),
  );
  return new Map(kept);
}

/** The refusals as problems, sorted by name; one for all that were blamed together. */
export function standingProblems(rejections: Rejections): readonly ResourceProblem[] {
  const problems: ResourceProblem[] = [];
  const wholeMessages = new Set<string>();
  for (const [resource, { message, whole, ...more }] of rejections) {
    if (whole) wholeMessages.add(message);
    else problems.push({ resource, message, ...classOf(more) });
  }
  for (const message of wholeMessages) problems.push({ resource: '', message });
  return problems.sort((a, b) => (a.resource < b.resource ? -1 : a.resource > b.resource ? 1 : 0));
}

function classOf(rejection: { readonly class?: RejectionClass }): {
  readonly class?: RejectionClass;
} {
  return rejection.class === undefined ? {} : { class: rejection.class };
}
