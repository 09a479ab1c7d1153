// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../../shared/time/clock.js';
import { resourceWord } from '../../policy/kinds.js';
import type { ServedResource } from '../resources/served-resource.js';
import { awaitVersion } from './await-version.js';
import type { WatchQuery } from './list-query.js';
import type { Representation } from './representation.js';
import { parseSelection } from './selection.js';
import type { FrameEncoder } from './watch-frames.js';
import type { Watches } from './watches.js';

/** A watch without a timeout of its own ends after this to twice this, as in Kubernetes, so that they do not all end at once. */
const MIN_TIMEOUT_MS = 1_800_000;

export interface WatchServices {
  readonly clock: Clock;
  readonly frames: FrameEncoder;
  readonly watches: Watches;
  /** From 0 to 1. */
  readonly random: () => number;
}

export interface WatchTarget {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  readonly representation: Representation;
}

/** What a watch is about, once all that can be refused with an HTTP status was looked at. */
export type PreparedWatch = (response: ServerResponse) => void;

/**
 * Reads the state that a watch begins from. Throws what has a status of its own: a bad selector, TIMEOUT for a
 * revision that does not come. A revision that is no longer kept is told by the watch itself, as its one event.
 */
export async function prepareWatch(
  { resource, namespace, representation }: WatchTarget,
  query: WatchQuery,
  { clock, frames, watches, random }: WatchServices,
): Promise<PreparedWatch> {
  const { view } = resource;
  const selection = parseSelection(query, resource);
  await awaitVersion(view, query.begin.version, clock);
  const timeoutMs =
    query.timeoutSeconds === undefined
      ? MIN_TIMEOUT_MS * (1 + random())
      : query.timeoutSeconds * 1_000;
  return (response) => {
    const sendsAll = query.begin.from !== 'version';
    const { objects, resourceVersion } = view.list(namespace);
    watches.open(resourceWord(resource.kind), {
      ...{ response, view, clock, frames, timeoutMs },
      style: { resource, representation },
      scope: { namespace, selection },
      initial: sendsAll ? objects : undefined,
      marksInitial: query.begin.from === 'marked' && query.allowBookmarks,
      version: sendsAll ? Number(resourceVersion) : query.begin.version,
      allowBookmarks: query.allowBookmarks,
    });
  };
}
