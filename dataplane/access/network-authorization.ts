// SPDX-License-Identifier: Apache-2.0
import { type CelInput, celEnv, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { RE2JS } from 're2js';
import type { AccessRules } from '../engine/plan.js';
import { ipFunctions } from './ip-functions.js';

/** Where a connection comes from. */
export interface ConnectionSource {
  /** Client: the source of the PROXY header, else the peer. IPv4 without `::ffff:`. */
  readonly address: string;
  readonly port: number;
  /** The peer of the socket, whatever its header says. */
  readonly rawAddress: string;
  readonly rawPort: number;
}

/** Where it arrived: the destination of the PROXY header, else the worker's own address. */
export interface ConnectionDestination {
  readonly address: string;
  readonly port: number;
}

/** Whether a connection may be served. */
export type Authorization = (
  source: ConnectionSource,
  destination: ConnectionDestination,
) => boolean;

type Variables = Record<string, CelInput>;
/** Undefined: it could not be evaluated, or its result is no boolean. */
type Rule = (variables: Variables) => boolean | undefined;

/** Longest expression repeated in a message. */
const MAX_SHOWN = 80;
/** RFC 5737: an address that no connection has. */
const SAMPLE: ConnectionSource = {
  address: '192.0.2.1',
  port: 1,
  rawAddress: '192.0.2.1',
  rawPort: 1,
};

/** Compiles each expression once. What cannot be compiled holds for nobody as an allow or require, and for everybody as a deny. */
export function compileAuthorization(rules: AccessRules): Authorization {
  const compile = compiler();
  const all = (list: readonly string[]): Rule[] =>
    list.map((text) => {
      const compiled = compile(text);
      return typeof compiled === 'string' ? () => undefined : compiled;
    });
  const allow = all(rules.allow);
  const deny = all(rules.deny);
  const require = all(rules.require);
  return (source, destination) => {
    const variables = variablesOf(source, destination);
    if (deny.some((rule) => rule(variables) !== false)) return false;
    if (require.some((rule) => rule(variables) !== true)) return false;
    return allow.length === 0 || allow.some((rule) => rule(variables) === true);
  };
}

export function sameRules(a: AccessRules | undefined, b: AccessRules | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sameList(a.allow, b.allow) && sameList(a.deny, b.deny) && sameList(a.require, b.require);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}

/**
 * Says why an expression cannot be used, in a sentence; undefined when it can. It is tried on an address, because only then names
 * and functions that do not exist here are seen.
 */
export function createExpressionCheck(): (text: string) => string | undefined {
  const compile = compiler();
  return (text) => {
    const shown = JSON.stringify(text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`);
    const rule = compile(text);
    if (typeof rule === 'string') return `${shown} ${rule}`;
    if (rule(variablesOf(SAMPLE, SAMPLE)) !== undefined) return undefined;
    return `${shown} cannot be evaluated here, or is neither true nor false; there are source.address, source.port, source.rawAddress, source.rawPort, destination.address and destination.port`;
  };
}

function compiler(): (text: string) => Rule | string {
  const env = celEnv({ funcs: [...strings, ...ipFunctions()], re2: rememberingRe2() });
  return (text) => {
    try {
      const evaluate = plan(env, parse(text)) as (variables: Variables) => unknown;
      return (variables) => {
        const result = evaluate(variables);
        return typeof result === 'boolean' ? result : undefined;
      };
    } catch {
      // The parser's own words are a dump of its grammar.
      return 'is no CEL expression';
    }
  };
}

function variablesOf(
  source: ConnectionSource,
  { address, port }: ConnectionDestination,
): Variables {
  return {
    source: new Map<string, CelInput>([
      ['address', source.address],
      ['port', BigInt(source.port)],
      ['rawAddress', source.rawAddress],
      ['rawPort', BigInt(source.rawPort)],
    ]),
    destination: new Map<string, CelInput>([
      ['address', address],
      ['port', BigInt(port)],
    ]),
  };
}

/** CEL's regular expressions are RE2: linear in the text. A pattern is nearly always a literal. */
function rememberingRe2() {
  const known = new Map<string, RE2JS>();
  return {
    compile(pattern: string) {
      let compiled = known.get(pattern);
      if (compiled === undefined) {
        compiled = RE2JS.compile(pattern);
        if (known.size >= 64) known.clear();
        known.set(pattern, compiled);
      }
      const matcher = compiled;
      return { test: (text: string) => matcher.test(text) };
    },
  };
}
