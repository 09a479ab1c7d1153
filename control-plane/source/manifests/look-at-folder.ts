// SPDX-License-Identifier: Apache-2.0
import { isUtf8 } from 'node:buffer';
import type { Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../../shared/errors/heartline-error.js';
import { compareText } from '../../../shared/names/sort.js';
import type { FolderEntry, FolderLook } from './plan-folder.js';

const MANIFEST_ENDINGS = ['.yaml', '.yml', '.json'];
/** Far beyond any manifest that fits into one transaction. */
const MAX_FILE_BYTES = 16_777_216;

export interface Looked {
  readonly look: FolderLook;
  /** Every directory that was read, the folder itself first. */
  readonly directories: readonly SeenDirectory[];
}

export interface SeenDirectory {
  readonly path: string;
  /** Device and inode: another directory may take the path. */
  readonly id: string;
}

/**
 * Reads every manifest file below `dir`, links followed. Names that begin with a dot are left out: the files of editors,
 * and the directories behind the links of a mounted ConfigMap. Never throws.
 */
export async function lookAtFolder(dir: string): Promise<Looked> {
  const directories: SeenDirectory[] = [];
  const entries: FolderEntry[] = [];
  const seen = new Set<string>();

  const visit = async (directory: string): Promise<void> => {
    const real = await realpath(directory);
    if (seen.has(real)) return;
    seen.add(real);
    const { dev, ino } = await stat(real);
    const names = await readdir(directory);
    directories.push({ path: directory, id: `${dev}:${ino}` });
    for (const name of names.sort(compareText)) {
      if (!name.startsWith('.')) await visitEntry(join(directory, name), name);
    }
  };
  const visitEntry = async (path: string, name: string): Promise<void> => {
    const isManifest = MANIFEST_ENDINGS.some((ending) => name.endsWith(ending));
    try {
      const facts = await stat(path);
      if (facts.isDirectory()) await visit(path);
      else if (isManifest) entries.push(await readEntry(path, facts));
    } catch (thrown) {
      // What went away meanwhile is simply not there; a link to nowhere is a fault only where a manifest was meant.
      const isGone = errnoOf(thrown) === 'ENOENT';
      if (isGone && !isManifest) return;
      entries.push(unreadable(path, reasonOf(thrown)));
    }
  };

  try {
    await visit(dir);
  } catch (thrown) {
    return { look: { ok: false, reason: reasonOf(thrown) }, directories };
  }
  entries.sort((a, b) => compareText(a.path, b.path));
  return { look: { ok: true, entries }, directories };
}

async function readEntry(path: string, facts: Stats): Promise<FolderEntry> {
  // A pipe would be waited for without end.
  if (!facts.isFile()) return unreadable(path, 'is no regular file');
  if (facts.size > MAX_FILE_BYTES) {
    return unreadable(path, `${facts.size} bytes; at most ${MAX_FILE_BYTES}: split the file`);
  }
  const bytes = await readFile(path);
  if (!isUtf8(bytes)) return unreadable(path, 'is not UTF-8');
  return { path, content: { ok: true, text: bytes.toString('utf8') } };
}

function unreadable(path: string, reason: string): FolderEntry {
  return { path, content: { ok: false, reason } };
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
