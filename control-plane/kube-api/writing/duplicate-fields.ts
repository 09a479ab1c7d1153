// SPDX-License-Identifier: Apache-2.0
import { formatFieldPath } from '../../policy/field-path.js';

/** Duplicates listed; a reader stops long before. */
const MAX_LISTED = 100;

/**
 * Fields that an object of a JSON text has more than once, which JSON.parse takes the last of without a word. The text
 * must be valid JSON.
 */
export function findDuplicateFields(text: string): readonly string[] {
  const scanner = new Scanner(text);
  scanner.value([]);
  return scanner.found;
}

/** Walks a valid JSON text once; containers know the names they had. */
class Scanner {
  readonly found: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(path: readonly (string | number)[]): void {
    switch (this.#next()) {
      case '{':
        this.#object(path);
        return;
      case '[':
        this.#list(path);
        return;
      case '"':
        this.#string();
        return;
      default:
        this.#skip(/[^\s,\]}]*/y);
    }
  }

  #object(path: readonly (string | number)[]): void {
    const seen = new Set<string>();
    this.#at += 1;
    while (this.#next() === '"') {
      const name = this.#string();
      const field = [...path, name];
      if (seen.has(name) && this.found.length < MAX_LISTED) this.found.push(formatFieldPath(field));
      seen.add(name);
      this.#next();
      this.#at += 1;
      this.value(field);
      if (this.#next() === ',') this.#at += 1;
    }
    this.#at += 1;
  }

  #list(path: readonly (string | number)[]): void {
    this.#at += 1;
    for (let index = 0; this.#next() !== ']'; index += 1) {
      this.value([...path, index]);
      if (this.#next() === ',') this.#at += 1;
    }
    this.#at += 1;
  }

  #string(): string {
    const start = this.#at;
    this.#skip(/"[^"\\]*(?:\\.[^"\\]*)*"/y);
    const text = this.#text.slice(start, this.#at);
    return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
  }

  /** The next character that is no blank. */
  #next(): string | undefined {
    this.#skip(/\s*/y);
    return this.#text[this.#at];
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    this.#at += pattern.exec(this.#text)?.[0].length ?? 0;
  }
}
