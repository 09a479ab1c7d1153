// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { compareText } from '../../../shared/names/sort.js';
import type { ManifestText } from '../../source/manifests/read-manifests.js';
import type { Terminal } from '../terminal.js';

const MANIFEST_ENDINGS = ['.yaml', '.yml', '.json'];

/** The texts behind `-f`: a file, `-` for standard input, or a directory's manifests sorted by name. */
export async function readManifestTexts(
  paths: readonly string[],
  terminal: Terminal,
): Promise<readonly ManifestText[]> {
  const texts: ManifestText[] = [];
  for (const path of paths) {
    if (path === '-') texts.push({ source: '-', text: await text(terminal.stdin) });
    else for (const file of filesAt(path, terminal.cwd)) texts.push(readManifestFile(file));
  }
  return texts;
}

interface ManifestFile {
  /** As the user wrote it, for messages. */
  readonly shown: string;
  readonly absolute: string;
}

function filesAt(path: string, cwd: string): readonly ManifestFile[] {
  const absolute = resolve(cwd, path);
  if (!reading(path, () => statSync(absolute)).isDirectory()) return [{ shown: path, absolute }];
  const names = reading(path, () => readdirSync(absolute))
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
