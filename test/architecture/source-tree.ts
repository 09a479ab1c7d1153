// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSource, type SourceFile } from './source-file.js';

/** Everything of the project, as paths relative to it, without what git ignores. */
export interface SourceTree {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** The TypeScript files that people write, by path. */
  readonly sources: ReadonlyMap<string, SourceFile>;
  readText(path: string): string;
}

const IGNORED = new Set(['.git', '.bench', '.heartline', 'dist', 'node_modules']);

export function readSourceTree(root: string): SourceTree {
  const files: string[] = [];
  const folders: string[] = [];
  const walk = (folder: string): void => {
    for (const item of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (IGNORED.has(item.name)) continue;
      const path = folder === '' ? item.name : `${folder}/${item.name}`;
      (item.isDirectory() ? folders : files).push(path);
      if (item.isDirectory()) walk(path);
    }
  };
  walk('');
  const readText = (path: string) => readFileSync(join(root, path), 'utf8');
  const isWritten = (path: string) => path.endsWith('.ts') && !path.startsWith('shared/proto/gen/');
  const sources = files.sort().filter(isWritten);
  return {
    files,
    folders: folders.sort(),
    sources: new Map(sources.map((path) => [path, parseSource(path, readText(path))])),
    readText,
  };
}
