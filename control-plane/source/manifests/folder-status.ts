// SPDX-License-Identifier: Apache-2.0
import type { FileState } from './plan-folder.js';

/** What an operator wants to know about the folder; shown by metrics, the API and `heartline doctor`. */
export interface FolderStatus {
  readonly dir: string;
  /** Why the folder as a whole cannot be read; undefined = it can. */
  readonly unreadable: string | undefined;
  /** Why nothing is removed now; undefined = nothing is held back. */
  readonly heldBack: string | undefined;
  /** Sorted by path. */
  readonly files: readonly FileStatus[];
}

export interface FileStatus {
  readonly path: string;
  readonly state: FileState;
  readonly objects: number;
  readonly problems: readonly string[];
}
