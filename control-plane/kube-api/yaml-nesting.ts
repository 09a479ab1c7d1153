// SPDX-License-Identifier: Apache-2.0
import { CST, Lexer } from 'yaml';

/**
 * Levels a text may nest, by the bound below. Our objects nest about 12 deep; the parser survives a few
 * thousand, and then takes the whole process with it: V8 aborts when it compiles a regular expression
 * with the stack nearly used up, so there is no error to catch.
 */
const MAX_NESTING = 500;

/**
 * Whether a YAML text may nest deeper than is safe to parse, found by its tokens alone, without recursion.
 * The bound is coarse and never too low: block collections need a column of their own or an indicator on
 * the same line, flow collections a bracket.
 */
export function nestsTooDeep(text: string): boolean {
  let indent = 0;
  let indicators = 0;
  let flowLevel = 0;
  let isLineStart = true;
  let isScalarText = false;
  for (const token of new Lexer().lex(text)) {
    if (isScalarText) {
      isScalarText = false;
      isLineStart = token.endsWith('\n');
      if (isLineStart) [indent, indicators] = [0, 0];
      continue;
    }
    switch (CST.tokenType(token)) {
      case 'newline':
        [indent, indicators, isLineStart] = [0, 0, true];
        continue;
      case 'space':
        if (isLineStart) indent = token.length;
        continue;
      case 'byte-order-mark':
      case 'comment':
      case 'doc-mode':
        continue;
      case 'flow-seq-start':
      case 'flow-map-start':
        flowLevel += 1;
        break;
      case 'flow-seq-end':
      case 'flow-map-end':
        flowLevel = Math.max(0, flowLevel - 1);
        break;
      case 'seq-item-ind':
      case 'explicit-key-ind':
      case 'map-value-ind':
        if (flowLevel === 0) indicators += 1;
        break;
      case 'scalar':
        isScalarText = true;
        break;
    }
    isLineStart = false;
    // A sequence may share the column of the mapping it is in: two levels a column.
    if (2 * (indent + 1) + indicators + flowLevel > MAX_NESTING) return true;
  }
  return false;
}
