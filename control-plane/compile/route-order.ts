// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { Route } from '../../shared/proto/gen/agentgateway/dev/resource/Route.js';
import type { RouteMatch } from '../../shared/proto/gen/agentgateway/dev/resource/RouteMatch.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import { type GatewayResource, gatewayResource } from './gateway-resource.js';

/** A route object as it came out on one gateway, with what its place among others depends on. */
export interface RoutedObject {
  readonly resources: readonly GatewayResource[];
  /** Of the HTTP routes among them, in the same order. */
  readonly ages: readonly AgedRoute[];
}

/** Reads, once, what deciding the order needs: it is decided anew whenever one route changes. */
export function routedObject(
  object: KubeObject,
  resources: readonly GatewayResource[],
): RoutedObject {
  const created = creationSeconds(object);
  const id = objectId(object);
  const ages = resources.flatMap(({ message: { route } }): AgedRoute[] => {
    if (!route) return [];
    const patternLengths = lengthsOfPatterns(route);
    return [
      { route, key: route.key ?? '', created, id, patternLengths, ties: tiesOf(route, NONE) },
    ];
  });
  return { resources, ages };
}

const NONE: ReadonlySet<number> = new Set();

/**
 * Where two matches are equal by everything else, the older route comes first, then the first by `namespace/name` (Gateway API).
 * The wire has no ages: proxies take the order of keys. Nearly always the keys as they are (`ns/route.00.listener`) say the
 * right thing, or there is no tie to decide. Where they would decide one wrongly, the routes of that listener get
 * `<creation time>.<place among those of that second>/` in front of their keys, ten digits and three.
 */
export function orderByAge(routed: readonly RoutedObject[]): readonly GatewayResource[] {
  const resources: GatewayResource[] = [];
  for (const one of routed) resources.push(...one.resources);
  const keys = agedKeys(routed);
  if (keys.size === 0) return resources;
  return resources.map((resource) => {
    const { route } = resource.message;
    const key = route ? keys.get(route) : undefined;
    if (key === undefined) return resource;
    return gatewayResource('route', key, { route: { ...route, key } });
  });
}

interface AgedRoute {
  readonly route: Route;
  readonly key: string;
  /** Unix seconds. */
  readonly created: number;
  /** `namespace/name` of the object. */
  readonly id: string;
  readonly patternLengths: readonly number[];
  /** As long as the listener has no patterns; see `tiesOf`. */
  readonly ties: readonly string[];
}

function agedKeys(routed: readonly RoutedObject[]): ReadonlyMap<Route, string> {
  const byListener = new Map<string, AgedRoute[]>();
  for (const { ages } of routed) {
    for (const aged of ages) {
      const listener = aged.route.listenerKey ?? '';
      const members = byListener.get(listener);
      if (members === undefined) byListener.set(listener, [aged]);
      else members.push(aged);
    }
  }
  const keys = new Map<Route, string>();
  for (const members of byListener.values()) {
    if (isDecidedWrongly(members)) addAgedKeys(members, keys);
  }
  return keys;
}

/** An object without a creation time is as old as time. */
function creationSeconds({ metadata }: KubeObject): number {
  const text = metadata.creationTimestamp;
  return text === undefined ? 0 : Math.floor(Date.parse(text) / 1000);
}

function compareAge(a: AgedRoute, b: AgedRoute): number {
  return a.created - b.created || compareText(a.id, b.id);
}

/**
 * Whether two tied routes stand in the order of their keys and not in that of their age. Of the routes that
 * share a tie it is enough to compare each with its neighbour in the order of keys.
 */
function isDecidedWrongly(members: readonly AgedRoute[]): boolean {
  const patternLengths = new Set(members.flatMap((aged) => aged.patternLengths));
  const tied = new Map<string, AgedRoute[]>();
  for (const aged of members) {
    const ties = patternLengths.size === 0 ? aged.ties : tiesOf(aged.route, patternLengths);
    for (const tie of ties) {
      const others = tied.get(tie);
      if (others === undefined) tied.set(tie, [aged]);
      else others.push(aged);
    }
  }
  return [...tied.values()].some((group) => group.length > 1 && isOutOfOrder(group));
}

function isOutOfOrder(group: readonly AgedRoute[]): boolean {
  const byKey = group.toSorted((a, b) => compareText(a.key, b.key));
  return byKey.some((aged, at) => {
    const before = byKey[at - 1];
    return before !== undefined && compareAge(before, aged) > 0;
  });
}

/** Matches that may be equal and hold for one request have one of these in common. */
function tiesOf(route: Route, patternLengths: ReadonlySet<number>): string[] {
  const hostnames = route.hostnames?.length ? route.hostnames : [''];
  const matches: readonly RouteMatch[] = route.matches?.length ? route.matches : [{}];
  return hostnames.flatMap((hostname) =>
    matches.flatMap((match) => {
      const { method, headers, queryParams } = match;
      const conditions = `${method?.exact ?? ''} ${headers?.length ?? 0} ${queryParams?.length ?? 0}`;
      return placesOf(match, patternLengths).map((place) => `${hostname} ${conditions} ${place}`);
    }),
  );
}

/** A regular expression ranks as a prefix of as many characters. */
function placesOf({ path }: RouteMatch, patternLengths: ReadonlySet<number>): string[] {
  if (path?.exact !== undefined) return [`= ${path.exact}`];
  if (path?.regex !== undefined) return [`~ ${path.regex.length}`];
  const prefix = path?.pathPrefix ?? '/';
  const place = `/ ${prefix}`;
  return patternLengths.has(prefix.length) ? [place, `~ ${prefix.length}`] : [place];
}

function lengthsOfPatterns({ matches }: Route): number[] {
  return (matches ?? []).flatMap(({ path }) => path?.regex?.length ?? []);
}

function addAgedKeys(members: readonly AgedRoute[], keys: Map<Route, string>): void {
  let before: AgedRoute | undefined;
  let place = 0;
  for (const aged of members.toSorted(compareAge)) {
    if (aged.created !== before?.created) place = 0;
    else if (aged.id !== before.id) place += 1;
    before = aged;
    const age = `${String(aged.created).padStart(10, '0')}.${String(place).padStart(3, '0')}`;
    keys.set(aged.route, `${age}/${aged.key}`);
  }
}
