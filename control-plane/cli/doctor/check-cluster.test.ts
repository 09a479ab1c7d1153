// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkCluster } from './check-cluster.js';

function metrics(behind: number, refused: number): string {
  return [
    '# HELP heartline_kubernetes_objects Objects of the cluster in our copy.',
    'heartline_kubernetes_objects{resource="services"} 3',
    'heartline_kubernetes_objects{resource="secrets"} 4',
    'heartline_kubernetes_refused_objects{resource="services"} 0',
    `heartline_kubernetes_refused_objects{resource="secrets"} ${refused}`,
    'heartline_kubernetes_behind_seconds{resource="services"} 0',
    `heartline_kubernetes_behind_seconds{resource="secrets"} ${behind}`,
  ].join('\n');
}

describe('what doctor says about a cluster as the source', () => {
  const rows: readonly [string, string, readonly string[]][] = [
    ['nothing without one', 'heartline_log_sequence 3\n', []],
    ['that all is well', metrics(0, 0), ['ok kinds watched: 2, objects: 7']],
    ['nothing about a moment', metrics(5, 0), ['ok kinds watched: 2, objects: 7']],
    [
      'what is not watched',
      metrics(90.4, 1),
      ['failure not watched: secrets (90 s); the log of the control plane says why'],
    ],
    [
      'what is refused',
      metrics(0, 1),
      ['warning 1 of secrets break a rule and are not taken over; their status says which'],
    ],
  ];
  for (const [name, text, expected] of rows) {
    it(name, () => {
      const lines = checkCluster(text).map(({ verdict, detail }) => `${verdict} ${detail}`);
      assert.deepEqual(lines, expected);
    });
  }
});
