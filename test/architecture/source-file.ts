// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';

/** One `import`, `import()` or `export … from` of a file. */
export interface Import {
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** Path of the imported source file; undefined for packages and Node's own modules. */
  readonly target: string | undefined;
  /** Imported names as the other file exports them; `*` for the whole module. */
  readonly names: readonly string[];
  /** `export … from`: the file hands on what another file defines. */
  readonly isReExport: boolean;
  /** Nothing is loaded when the program runs. */
  readonly isTypeOnly: boolean;
}

export interface Export {
  readonly line: number;
  readonly name: string;
  readonly isType: boolean;
}

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of strings blanked, line for line. */
  readonly code: string;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
}

// In this order: comments, strings, and regular expressions where an expression can start (they may hold quotes).
const TOKENS =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`)|(?<=(?:[=(,:;!&|?{}[\n+]|return|=>)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;

const STATIC_IMPORT =
  /^import\s+(?:type\s+)?(?:(?<clause>[\w$*{}\s,]+?)\s+from\s+)?'(?<from>[^']+)'/gm;
const RE_EXPORT =
  /^export\s+(?:type\s+)?(?<clause>\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?)\s+from\s+'(?<from>[^']+)'/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*'(?<from>[^']+)'\s*\)/g;
const DECLARATION =
  /^export\s+(?:abstract\s+)?(?:async\s+)?(?<keyword>function\*?|class|const|let|var|interface|type)\s+(?<name>[\w$]+)/gm;
const DEFAULT_EXPORT = /^export\s+default\b/gm;
const LOCAL_LIST = /^export\s+(?<type>type\s+)?\{(?<list>[^}]*)\}(?!\s*from)/gm;

/** Reads what the rules need; a careful scan, not a parser: it relies on one statement per line as Biome writes it. */
export function parseSource(path: string, text: string): SourceFile {
  const plain = blank(text, 'comment');
  const code = blank(plain, 'string');
  // A match that begins inside a string is text that looks like code.
  const findAll = (pattern: RegExp) =>
    [...plain.matchAll(pattern)].filter(({ index }) => code[index] === plain[index]);
  return { path, text, code, imports: findImports(path, findAll), exports: findExports(findAll) };
}

type FindAll = (pattern: RegExp) => RegExpExecArray[];

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Replaces the insides of all comments or all strings by spaces; every line keeps its number and length. */
function blank(text: string, kind: 'comment' | 'string'): string {
  return text.replaceAll(TOKENS, (token: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    if (groups[kind] === undefined) return token;
    if (kind === 'comment') return token.replaceAll(/[^\n]/g, ' ');
    return token.slice(0, 1) + token.slice(1, -1).replaceAll(/[^\n]/g, ' ') + token.slice(-1);
  });
}

function findImports(path: string, findAll: FindAll): Import[] {
  const find = (pattern: RegExp, isReExport: boolean): Import[] =>
    findAll(pattern).map((match) => {
      const { clause, from = '' } = match.groups ?? {};
      return {
        line: lineAt(match.input, match.index),
        specifier: from,
        target: resolveRelative(path, from),
        names: pattern === DYNAMIC_IMPORT ? ['*'] : importedNames(clause ?? ''),
        isReExport,
        isTypeOnly: /^(?:import|export)\s+type\b/.test(match[0]) || isTypeList(clause),
      };
    });
  return [...find(STATIC_IMPORT, false), ...find(DYNAMIC_IMPORT, false), ...find(RE_EXPORT, true)];
}

function resolveRelative(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
}

function importedNames(clause: string): string[] {
  if (clause.includes('*')) return ['*'];
  const [before = '', list = ''] = clause.split(/[{}]/);
  const names = listNames(list).map(({ name }) => name);
  return before.replace(',', '').trim() === '' ? names : ['default', ...names];
}

/** `{ type A, type B }`. */
function isTypeList(clause: string | undefined): boolean {
  const list = clause?.match(/^\{([^}]*)\}$/)?.[1];
  return list !== undefined && listNames(list).every(({ isType }) => isType);
}

/** `a, type b as c` gives a and b. */
function listNames(list: string): { name: string; isType: boolean }[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => ({
      name: item.replace(/^type\s+/, '').split(/\s+as\s+/)[0] ?? '',
      isType: item.startsWith('type '),
    }));
}

function findExports(findAll: FindAll): Export[] {
  const declared = findAll(DECLARATION).map((match) => ({
    line: lineAt(match.input, match.index),
    name: match.groups?.['name'] ?? '',
    isType: ['interface', 'type'].includes(match.groups?.['keyword'] ?? ''),
  }));
  const defaults = findAll(DEFAULT_EXPORT).map((match) => ({
    line: lineAt(match.input, match.index),
    name: 'default',
    isType: false,
  }));
  const listed = findAll(LOCAL_LIST).flatMap((match) =>
    listNames(match.groups?.['list'] ?? '').map(({ name, isType }) => ({
      line: lineAt(match.input, match.index),
      name,
      isType: isType || match.groups?.['type'] !== undefined,
    })),
  );
  return [...declared, ...defaults, ...listed];
}
