// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { Route } from '../../shared/proto/gen/agentgateway/dev/resource/Route.js';
import type { RouteMatch } from '../../shared/proto/gen/agentgateway/dev/resource/RouteMatch.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import { type GatewayResource, gatewayResource } from './gateway-resource.js';

/** A route object with what it came to on one gateway. */
export interface RoutedObject {
  readonly object: KubeObject;
  readonly resources: readonly GatewayResource[];
}

/**
 * Where two matches are equal by everything else, the older route comes first, then the first by `namespace/name` (Gateway API).
 * The wire has no ages: proxies take the order of keys. Nearly always the keys as they are (`ns/route.00.listener`) say the
 * right thing, or there is no tie to decide. Where they would decide one wrongly, the routes of that listener get
 * `<creation time>.<place among those of that second>/` in front of their keys, ten digits and three.
 */
export function orderByAge(routed: readonly RoutedObject[]): readonly GatewayResource[] {
  const resources = routed.flatMap((each) => each.resources);
  if (isInOrder(routed)) return resources;
  const keys = agedKeys(routed);
  if (keys.size === 0) return resources;
  return resources.map((resource) => {
    const { route } = resource.message;
    const key = route ? keys.get(route) : undefined;
    if (key === undefined) return resource;
    return gatewayResource('route', key, { route: { ...route, key } });
  });
}

/** Cheap, and true for one route, or names in the order of age. */
function isInOrder(routed: readonly RoutedObject[]): boolean {
  return routed.every(({ object }, at) => {
    const before = routed[at - 1]?.object;
    if (before === undefined) return true;
    const [older, younger] = [objectId(before), objectId(object)];
    // Keys go on with a dot after the name, which comes after a dash: `a-b` sorts before `a`.
    const inKeys = `${older}.` < `${younger}.` && !younger.startsWith(`${older}.`);
    return inKeys && older < younger && createdText(before) <= createdText(object);
  });
}

/** RFC 3339 in UTC: as text in the order of time. */
function createdText({ metadata }: KubeObject): string {
  return metadata.creationTimestamp ?? '';
}

interface AgedRoute {
  readonly route: Route;
  readonly key: string;
  /** Unix seconds. */
  readonly created: number;
  /** `namespace/name` of the object. */
  readonly id: string;
}

function agedKeys(routed: readonly RoutedObject[]): ReadonlyMap<Route, string> {
  const byListener = new Map<string, AgedRoute[]>();
  for (const { object, resources } of routed) {
    const created = creationSeconds(object);
    const id = objectId(object);
    for (const { route } of resources.map(({ message }) => message)) {
      if (!route) continue;
      const members = byListener.get(route.listenerKey ?? '') ?? [];
      if (members.length === 0) byListener.set(route.listenerKey ?? '', members);
      members.push({ route, key: route.key ?? '', created, id });
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

function isDecidedWrongly(members: readonly AgedRoute[]): boolean {
  const patternLengths = new Set(members.flatMap(({ route }) => lengthsOfPatterns(route)));
  const youngest = new Map<string, AgedRoute>();
  for (const aged of members.toSorted((a, b) => compareText(a.key, b.key))) {
    for (const tie of tiesOf(aged.route, patternLengths)) {
      const before = youngest.get(tie);
      if (before !== undefined && compareAge(before, aged) > 0) return true;
      youngest.set(tie, aged);
    }
  }
  return false;
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
