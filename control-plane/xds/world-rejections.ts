// SPDX-License-Identifier: Apache-2.0
import { NO_REJECTIONS, NOTHING_CARRIED, type Rejections } from './rejections.js';
import type { Verdict } from './verdict.js';

/**
 * What a client refuses after its answer to a response that carried these resources, by name. A
 * response for which absence means deletion carries, in the place of a refused content, an older one:
 * accepting that says nothing about the refused one, and neither does a response without the name.
 */
export function rejectionsAfter(
  before: Rejections,
  carried: ReadonlyMap<string, { readonly hash: string }>,
  verdict: Verdict,
): Rejections {
  if (before.size === 0 && verdict.kind === 'accepted') return NO_REJECTIONS;
  const after = new Map([...before].filter(([name, { hash }]) => carried.get(name)?.hash !== hash));
  switch (verdict.kind) {
    case 'accepted':
      break;
    case 'partly-rejected':
      for (const { resource, ...reason } of verdict.problems) {
        after.set(resource, { ...reason, hash: carried.get(resource)?.hash, whole: false });
      }
      break;
    case 'rejected': {
      const message = verdict.problems.map((problem) => problem.message).join('; ');
      const names = carried.size === 0 ? [NOTHING_CARRIED] : carried.keys();
      for (const name of names) {
        const hash = carried.get(name)?.hash;
        const known = before.get(name);
        // A blame of everything takes back nothing that was said about this very content.
        const isKnown = known !== undefined && !known.whole && known.hash === hash;
        if (isKnown) after.set(name, known);
        else if (!after.has(name)) after.set(name, { message, hash, whole: true });
      }
    }
  }
  return after.size === 0 ? NO_REJECTIONS : after;
}
