// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { compareText } from '../../../shared/names/sort.js';
import type { ManifestText } from '../../source/manifests/read-manifests.js';
import type { Terminal } from '../terminal.js';

const MANIFEST_ENDINGS = ['.yaml', '.yml', '.json'];

/** The texts behind `-f`: a file, `-` for standard input, or a directory's manifests sorted by name, with those below it if asked. */
export async function readManifestTexts(
  paths: readonly string[],
  terminal: Terminal,
  { isRecursive = false } = {},
): Promise<readonly ManifestText[]> {
  const texts: ManifestText[] = [];
  for (const path of paths) {
    if (path === '-') texts.push({ source: '-', text: await text(terminal.stdin) });
    else
      for (const file of filesAt(path, terminal.cwd, isRecursive))
        texts.push(readManifestFile(file));
  }
  return texts;
}

interface ManifestFile {
  /** As the user wrote it, for messages. */
  readonly shown: string;
  readonly absolute: string;
}

function filesAt(path: string, cwd: string, isRecursive: boolean): readonly ManifestFile[] {
  const absolute = resolve(cwd, path);
  if (!reading(path, () => statSync(absolute)).isDirectory()) return [{ shown: path, absolute }];
  const names = reading(path, () => listFolder(absolute, isRecursive))
    .filter((name) => MANIFEST_ENDINGS.some((ending) => name.endsWith(ending)))
    .sort(compareText);
  if (names.length > 0) {
    return names.map((name) => ({ shown: join(path, name), absolute: join(absolute, name) }));
  }
  throw new HeartlineError(
    'NOT_FOUND',
    `directory ${path} has no file that ends in ${MANIFEST_ENDINGS.join(', ')}`,
    { subject: path },
  );
}

/** Paths below the folder; names that begin with a dot are left out of a walk, as in a watched folder. */
function listFolder(folder: string, isRecursive: boolean): readonly string[] {
  if (!isRecursive) return readdirSync(folder);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !path.split(sep).some((name) => name.startsWith('.')),
  );
}

function readManifestFile({ shown, absolute }: ManifestFile): ManifestText {
  return { source: shown, text: reading(shown, () => readFileSync(absolute, 'utf8')) };
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new HeartlineError('NOT_FOUND', `cannot read ${path}: ${message}`, {
      subject: path,
      cause,
    });
  }
}
