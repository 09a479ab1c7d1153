// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkManifests } from './check-manifests.js';

const WELL = { dir: '/m', unreadable: undefined, heldBack: undefined, files: [] };
const GOOD = { path: '/m/a.yaml', state: 'good', objects: 2, problems: [] } as const;
const BAD = {
  path: '/m/b.yaml',
  state: 'unreadable',
  objects: 0,
  problems: ['/m/b.yaml:1:1: x'],
} as const;

describe('what doctor says about a manifest folder', () => {
  for (const [name, status, expected] of [
    [
      'all applied',
      { ...WELL, files: [GOOD] },
      ['ok manifest folder: /m: files applied: 1 of 1, objects: 2'],
    ],
    [
      'a broken file',
      { ...WELL, heldBack: '/m/b.yaml cannot be read', files: [GOOD, BAD] },
      [
        'warning manifest folder: /m: files applied: 1 of 2, objects: 2; nothing is removed: /m/b.yaml cannot be read',
        'failure /m/b.yaml: /m/b.yaml:1:1: x',
      ],
    ],
    [
      'no folder',
      { ...WELL, unreadable: 'ENOENT: no such directory', heldBack: 'the same' },
      [
        'failure manifest folder: ENOENT: no such directory; everything is kept as it is until it can be read',
      ],
    ],
  ] as const) {
    it(name, () => {
      const lines = checkManifests(status).map(
        (one) => `${one.verdict} ${one.name}: ${one.detail}`,
      );
      assert.deepEqual(lines, expected);
    });
  }
});
