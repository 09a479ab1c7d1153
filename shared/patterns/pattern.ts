// SPDX-License-Identifier: Apache-2.0
import { RE2JS } from 're2js';

/** A regular expression that was written by somebody else and is run on every request. */
export interface Pattern {
  /** Whether it matches the whole text, in time linear in the text's length. */
  matches(text: string): boolean;
}

/**
 * RE2 syntax (https://github.com/google/re2/wiki/Syntax), which is what the reference proxy's regular expressions take: no
 * look-around and no back-references, so nothing to backtrack into. JavaScript's own engine can be made to run for hours by a
 * pattern as short as `(a+)+b`. Returns the problem as a sentence when the pattern is none.
 */
export function parsePattern(source: string): Pattern | string {
  try {
    const compiled = RE2JS.compile(source);
    return { matches: (text) => compiled.testExact(text) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `${JSON.stringify(source)} is no regular expression in RE2 syntax (${why.replace(/^error parsing regexp: /, '')})`;
  }
}
