// SPDX-License-Identifier: Apache-2.0
import { parse } from '@bufbuild/cel';

/**
 * Why a text is no expression of CEL's grammar, in a few words; undefined when it is one. Which names and
 * functions exist is the worker's business: agentgateway adds its own, such as `cidr`.
 */
export function findCelProblem(text: string): string | undefined {
  try {
    parse(text);
    return undefined;
  } catch {
    // The parser's own words are a dump of the grammar.
    return `${show(text)} is no CEL expression`;
  }
}

/** Longest expression repeated in a message. */
const MAX_SHOWN = 80;

function show(text: string): string {
  return JSON.stringify(text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`);
}
