// SPDX-License-Identifier: Apache-2.0
import { parsePattern } from '../../shared/patterns/pattern.js';
import type { HttpRoutePlan, ValueMatch } from '../engine/plan.js';
import type { FlatHeaders } from './headers.js';

/** What routes are chosen by. */
export interface RouteRequest {
  /** Host header or :authority. */
  readonly host: string;
  readonly method: string;
  /** Origin form (`/path?query`). */
  readonly target: string;
  readonly headers: FlatHeaders;
}

/** A request as conditions ask about it: headers and query are only taken apart when one does. */
export class RequestFacts {
  readonly method: string;
  readonly path: string;
  readonly #request: RouteRequest;
  #headers: Map<string, string> | undefined;
  #query: URLSearchParams | undefined;

  constructor(request: RouteRequest) {
    const { target, method } = request;
    const query = target.indexOf('?');
    this.#request = request;
    this.method = method;
    this.path = query === -1 ? target : target.slice(0, query);
  }

  /** Fields of one name are one list, in order (RFC 9110 §5.3); those of Cookie are joined as RFC 9113 §8.2.3 says. */
  header(lowerCaseName: string): string | undefined {
    this.#headers ??= joinFields(this.#request.headers);
    return this.#headers.get(lowerCaseName);
  }

  /** The first value of that name, percent-encoding and `+` undone. */
  queryParam(name: string): string | undefined {
    this.#query ??= new URLSearchParams(this.#request.target.slice(this.path.length + 1));
    return this.#query.get(name) ?? undefined;
  }
}

function joinFields(headers: FlatHeaders): Map<string, string> {
  const joined = new Map<string, string>();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]?.toLowerCase() ?? '';
    const value = headers[i + 1] ?? '';
    const before = joined.get(name);
    const glue = name === 'cookie' ? '; ' : ', ';
    joined.set(name, before === undefined ? value : `${before}${glue}${value}`);
  }
  return joined;
}

/** Whether a request meets everything a match asks for besides host and path. */
export type Condition = (facts: RequestFacts) => boolean;

/** Undefined when the match asks for nothing else: most do. */
export function compileConditions(route: HttpRoutePlan): Condition | undefined {
  const { method, headers = [], query = [] } = route;
  const conditions: Condition[] = [];
  if (method !== undefined) conditions.push((facts) => facts.method === method);
  for (const match of headers) {
    const holds = valueTest(match);
    conditions.push((facts) => holds(facts.header(match.name)));
  }
  for (const match of query) {
    const holds = valueTest(match);
    conditions.push((facts) => holds(facts.queryParam(match.name)));
  }
  if (conditions.length === 0) return undefined;
  return (facts) => conditions.every((condition) => condition(facts));
}

function valueTest({ type, value }: ValueMatch): (actual: string | undefined) => boolean {
  switch (type) {
    case 'exact':
      return (actual) => actual === value;
    case 'regex': {
      const matches = compilePattern(value);
      return (actual) => actual !== undefined && matches(actual);
    }
    case 'unknown':
      return () => true;
  }
}

/** A pattern that is none matches nothing; the resource that brings one is refused before it gets here. */
export function compilePattern(source: string): (text: string) => boolean {
  const pattern = parsePattern(source);
  return typeof pattern === 'string' ? () => false : (text) => pattern.matches(text);
}
