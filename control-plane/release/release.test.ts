// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Snapshot } from '../snapshot/snapshot.js';
import { type GatewayRelease, KEPT_VERSIONS } from './gateway-release.js';
import { toPages } from './pages.js';
import { type Publication, publishVersion } from './release.js';

const gateway = { cluster: 'local', namespace: 'httpbin', name: 'agentgateway-proxy' };
const cause = { time: 1_700_000_000_000, author: 'alice', reason: 'faster detection' };

function snapshot(letter: string): Snapshot {
  const resource = { name: 'policy/p', hash: letter.repeat(32), bytes: Buffer.from(letter) };
  return { gateway, hash: letter.repeat(64), resources: new Map([[resource.name, resource]]) };
}

function publishAll(letters: Iterable<string>, start?: GatewayRelease): Publication {
  let last: Publication | undefined;
  for (const letter of letters) {
    last = publishVersion(last?.release ?? start, snapshot(letter), cause);
  }
  assert.ok(last);
  return last;
}

describe('publishVersion', () => {
  test('the first version carries number, label, cause and contents', () => {
    const { release, newVersion, dropped } = publishAll('a');
    assert.deepEqual(newVersion, {
      number: 1,
      hash: 'a'.repeat(64),
      label: '1-aaaaaaaa',
      ...cause,
      pages: toPages([{ name: 'policy/p', hash: 'a'.repeat(32) }]),
    });
    assert.deepEqual(release, { gateway, versions: [newVersion], head: 1, stable: 1 });
    assert.deepEqual(dropped, []);
  });

  test('equal content is no version: the very same release comes back', () => {
    const { release } = publishAll('ab');
    const again = publishVersion(release, snapshot('b'), cause);
    assert.equal(again.release, release);
    assert.equal(again.newVersion, undefined);
  });

  const labels: [string, string[]][] = [
    ['ab', ['1-aaaaaaaa', '2-bbbbbbbb']],
    ['aba', ['1-aaaaaaaa', '2-bbbbbbbb', '3-aaaaaaaa']],
    ['aabb', ['1-aaaaaaaa', '2-bbbbbbbb']],
  ];
  for (const [contents, expected] of labels) {
    test(`contents ${contents} make ${expected.join(', ')}`, () => {
      const { release } = publishAll(contents);
      assert.deepEqual(
        release.versions.map((version) => version.label),
        expected,
      );
    });
  }

  test(`the last ${KEPT_VERSIONS} are kept, numbers go on`, () => {
    const { release, dropped } = publishAll('ab'.repeat(KEPT_VERSIONS));
    assert.equal(release.versions.length, KEPT_VERSIONS);
    assert.equal(release.versions[0]?.number, KEPT_VERSIONS + 1);
    assert.equal(release.head, 2 * KEPT_VERSIONS);
    assert.equal(release.stable, release.head);
    assert.deepEqual(
      dropped.map((version) => version.number),
      [KEPT_VERSIONS],
    );
  });

  test('a pinned version outlives its time', () => {
    const pin = { number: 2, by: 'bob', reason: 'night shift' };
    const { release: pinned } = publishAll('abc');
    const { release } = publishAll('ab'.repeat(KEPT_VERSIONS), { ...pinned, pin });
    assert.equal(release.versions[0]?.number, 2);
    assert.equal(release.versions.length, KEPT_VERSIONS + 1);
    assert.deepEqual(release.pin, pin);
  });
});
