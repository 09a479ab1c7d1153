// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { manualClock } from '../../../shared/time/manual-clock.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { ObservedChange } from './object-view.js';
import { createVirtualObjects } from './virtual-objects.js';

const START = Date.parse('2026-11-22T13:00:00Z');

function pod(name: string, phase = 'Running', namespace = 'a'): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, status: { phase } };
}

const describeChange = ({ version, before, after }: ObservedChange): string =>
  `${version - START} ${before?.metadata.name ?? '-'} ${after?.metadata.name ?? '-'}`;

function newPods() {
  const clock = manualClock(START);
  return { clock, pods: createVirtualObjects({ clock }) };
}

function isExpired(thrown: unknown): boolean {
  return thrown instanceof HeartlineError && thrown.code === 'EXPIRED';
}

describe('virtual objects', () => {
  it('have a sequence that begins at the wall clock, and are listed by namespace and name', () => {
    const { pods } = newPods();
    assert.equal(pods.version(), START);
    for (const object of [pod('b'), pod('a', 'Running', 'a-b'), pod('a')]) pods.put(object);
    const { objects, resourceVersion } = pods.list(undefined);
    assert.deepEqual(
      objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
      ['a/a', 'a/b', 'a-b/a'],
    );
    assert.equal(resourceVersion, String(START + 3));
    assert.equal(pods.get('a', 'b')?.metadata.resourceVersion, String(START + 1));
    assert.equal(pods.list('a-b').objects.length, 1);
  });

  it('do not change when what is put is equal', () => {
    const { pods } = newPods();
    pods.put(pod('a'));
    pods.put(pod('a'));
    pods.remove('a', 'nobody');
    assert.equal(pods.version(), START + 1);
    pods.put(pod('a', 'Failed'));
    assert.equal(pods.version(), START + 2);
  });

  it('are replaced as a whole: what is missing goes, what is equal stays', () => {
    const { pods } = newPods();
    for (const name of ['a', 'b', 'c']) pods.put(pod(name));
    const seen: string[] = [];
    pods.watch(pods.version(), (change) => seen.push(describeChange(change)));
    pods.replaceAll([pod('b'), pod('c', 'Failed'), pod('d')]);
    assert.deepEqual(seen, ['4 a -', '5 c c', '6 - d']);
  });

  it('are watched from any version that is kept: what was, then what comes', () => {
    const { pods } = newPods();
    pods.put(pod('a'));
    pods.put(pod('b'));
    const seen: string[] = [];
    const stop = pods.watch(START + 1, (change) => seen.push(describeChange(change)));
    pods.remove('a', 'a');
    stop();
    pods.put(pod('c'));
    assert.deepEqual(seen, ['2 - b', '3 a -']);
  });

  it('are shown as they were at a version that is kept', () => {
    const { pods } = newPods();
    pods.put(pod('a'));
    pods.put(pod('b'));
    pods.put(pod('a', 'Failed'));
    pods.remove('a', 'b');
    const namesAt = (version: number) =>
      pods
        .listAt(version, 'a')
        .objects.map(({ metadata, status }) => `${metadata.name} ${JSON.stringify(status)}`);
    assert.deepEqual(namesAt(START), []);
    assert.deepEqual(namesAt(START + 2), ['a {"phase":"Running"}', 'b {"phase":"Running"}']);
    assert.deepEqual(namesAt(START + 3), ['a {"phase":"Failed"}', 'b {"phase":"Running"}']);
    assert.deepEqual(namesAt(START + 4), ['a {"phase":"Failed"}']);
  });

  it('say Expired to a version from before they began, and to one of another history', () => {
    const { pods } = newPods();
    pods.put(pod('a'));
    for (const version of [START - 1, START + 2]) {
      assert.throws(() => pods.watch(version, () => {}), isExpired);
      assert.throws(() => pods.listAt(version, undefined), isExpired);
    }
  });

  it('keep their changes for 10,000 revisions and ten minutes, whichever is longer', () => {
    const { clock, pods } = newPods();
    const flip = (times: number) => {
      for (let i = 0; i < times; i += 1) pods.put(pod('a', `phase ${pods.version()}`));
    };
    flip(11_000);
    pods.watch(START, () => {})();
    clock.advance(600_001);
    flip(1);
    assert.throws(() => pods.watch(START, () => {}), isExpired);
    let count = 0;
    pods.watch(pods.version() - 10_000, () => {
      count += 1;
    })();
    assert.equal(count, 10_000);
  });
});
