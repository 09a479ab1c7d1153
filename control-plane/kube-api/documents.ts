// SPDX-License-Identifier: Apache-2.0
import { type Document, isNode, LineCounter, parseAllDocuments } from 'yaml';
import { nestsTooDeep } from './yaml-nesting.js';

/** A place in a text, both counted from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface SyntaxProblem extends TextPosition {
  readonly message: string;
}

/** One document of a YAML stream; a JSON text is a stream of one. */
export interface ParsedDocument {
  /** JSON data only: no cycles, no dates, no infinities. */
  readonly value: unknown;
  /** Where the document's content starts. */
  readonly start: TextPosition;
  /** Where a field stands, by its path (`spec.targetRefs[0].name`) or the nearest parent that exists. */
  locate(field: string): TextPosition;
}

export type DocumentsResult =
  | { readonly ok: true; readonly documents: readonly ParsedDocument[] }
  | { readonly ok: false; readonly problems: readonly [SyntaxProblem, ...SyntaxProblem[]] };

/** Objects nest about 12 deep; the limit keeps hostile input from exhausting the stack further on. */
const MAX_DEPTH = 100;

/** Reads a YAML 1.2 stream. Empty documents are left out. One syntax error refuses the whole text. */
export function parseDocuments(text: string): DocumentsResult {
  if (nestsTooDeep(text)) return refuse({ line: 1, column: 1 }, 'nested too deep');
  const lines = new LineCounter();
  let parsed: Document.Parsed[];
  try {
    const stream = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
    parsed = 'empty' in stream ? [] : stream;
  } catch (thrown) {
    // Faults of the text are returned; this is what the library did not expect.
    return refuse({ line: 1, column: 1 }, messageOf(thrown));
  }
  const documents: ParsedDocument[] = [];
  for (const document of parsed) {
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault !== undefined) return refuse(positionAt(lines, fault.pos[0]), fault.message);
    if (document.contents === null) continue;
    const start = positionAt(lines, document.contents.range[0]);
    const read = readValue(document);
    if (!read.ok) return refuse(start, read.message);
    if (read.value === null) continue;
    documents.push({ value: read.value, start, locate: locator(document, lines, start) });
  }
  return { ok: true, documents };
}

function readValue(
  document: Document.Parsed,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; message: string } {
  try {
    const value: unknown = document.toJS();
    const message = findNonJson(value, 0);
    return message === undefined ? { ok: true, value } : { ok: false, message };
  } catch (thrown) {
    // Aliases that expand too far are refused by the library, by throwing.
    return { ok: false, message: messageOf(thrown) };
  }
}

/** A sentence about the first value that JSON cannot hold, or undefined. */
export function findNonJson(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `nested more than ${MAX_DEPTH} levels deep`;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : `${value} is no value that JSON can hold`;
  }
  if (typeof value !== 'object' || !isPlain(value)) {
    return `a value of type ${typeof value} is none that JSON can hold`;
  }
  for (const item of Object.values(value)) {
    const message = findNonJson(item, depth + 1);
    if (message !== undefined) return message;
  }
  return undefined;
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

function locator(document: Document.Parsed, lines: LineCounter, start: TextPosition) {
  return (field: string): TextPosition => {
    const path = [...field.matchAll(/[^.[\]]+/g)].map(([part]) => part);
    for (let length = path.length; length > 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return positionAt(lines, node.range[0]);
    }
    return start;
  };
}

function positionAt(lines: LineCounter, offset: number): TextPosition {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function refuse(at: TextPosition, message: string): DocumentsResult {
  return { ok: false, problems: [{ ...at, message }] };
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
