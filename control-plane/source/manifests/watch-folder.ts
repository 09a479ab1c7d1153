// SPDX-License-Identifier: Apache-2.0
import { type FSWatcher, watch } from 'node:fs';
import type { SeenDirectory } from './look-at-folder.js';

export interface FolderWatch {
  /** Watches exactly these directories from now on; one that cannot be watched is left to the poll. */
  follow(directories: readonly SeenDirectory[]): void;
  stop(): void;
}

/** Calls `onHint` when something may have changed: only a hint, and not every change gives one (network file systems). */
export function watchFolders(onHint: () => void): FolderWatch {
  const watchers = new Map<string, { readonly id: string; readonly watcher: FSWatcher }>();

  const forget = (path: string): void => {
    watchers.get(path)?.watcher.close();
    watchers.delete(path);
  };
  const add = ({ path, id }: SeenDirectory): void => {
    try {
      const watcher = watch(path, { persistent: false });
      watcher.on('change', onHint);
      // The directory went away, or the kernel has no watch left; the poll sees what we do not.
      watcher.on('error', () => forget(path));
      watchers.set(path, { id, watcher });
    } catch {
      // As above.
    }
  };

  return {
    follow(directories) {
      const wanted = new Map(directories.map(({ path, id }) => [path, id]));
      for (const [path, { id }] of [...watchers]) if (wanted.get(path) !== id) forget(path);
      for (const directory of directories) if (!watchers.has(directory.path)) add(directory);
    },
    stop() {
      for (const path of [...watchers.keys()]) forget(path);
    },
  };
}
