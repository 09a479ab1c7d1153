// SPDX-License-Identifier: Apache-2.0
import { Gauge, type Registry } from 'prom-client';
import type { FolderStatus } from './folder-status.js';
import type { FileState } from './plan-folder.js';

/** All of them, so that a state no file is in reads 0. */
const FILE_STATES: readonly FileState[] = ['good', 'refused', 'unreadable'];

/** What `/metrics` shows of a manifest folder. */
export function addManifestMetrics(registry: Registry, status: () => FolderStatus): void {
  const registers = [registry];
  new Gauge({
    name: 'heartline_manifest_files',
    help: 'Manifest files by state: good, refused (something in them is wrong), unreadable.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of FILE_STATES) this.set({ state }, 0);
      for (const { state } of status().files) this.inc({ state });
    },
  });
  new Gauge({
    name: 'heartline_manifest_folder_readable',
    help: '1 while the manifest folder can be read; 0 keeps everything as it is.',
    registers,
    collect() {
      this.set(status().unreadable === undefined ? 1 : 0);
    },
  });
  new Gauge({
    name: 'heartline_manifest_removals_held_back',
    help: '1 while something is kept that nothing wants any more, because the folder or a file in it cannot be read, or no file is there.',
    registers,
    collect() {
      this.set(status().heldBack === undefined ? 0 : 1);
    },
  });
}
