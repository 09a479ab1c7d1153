// SPDX-License-Identifier: Apache-2.0

/** What became of one part of a policy. */
export interface PartOutcome<Spec> {
  /** What goes to the wire; undefined when nothing of the part can be sent. */
  readonly spec: Spec | undefined;
  /** What is left out or replaced, and why; each begins with the path of the field. */
  readonly problems: readonly string[];
}

export function complete<Spec>(spec: Spec): PartOutcome<Spec> {
  return { spec, problems: [] };
}

/** A part that would mean something else without what is wrong in it is not sent at all. */
export function leftOut(problems: readonly string[]): PartOutcome<never> {
  return { spec: undefined, problems };
}
