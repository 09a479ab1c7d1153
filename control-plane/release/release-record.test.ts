// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { JsonValue, Op } from '../log/transaction.js';
import { createSnapshotBuilder } from '../snapshot/build-snapshot.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { GatewayRelease } from './gateway-release.js';
import { publishVersion } from './release.js';
import { contentKey, releaseKey } from './release-keys.js';
import { keysOfRelease, planReleaseOps, readContent, readRelease } from './release-record.js';

const gateway = { cluster: 'local', namespace: 'httpbin', name: 'agentgateway-proxy' };
const cause = { time: 1, author: 'alice', reason: 'r' };

function snapshotOf(contents: { readonly [name: string]: string }): Snapshot {
  const names = Object.keys(contents).sort();
  const resources = names.map((name) => ({ name, message: { text: contents[name] ?? '' } }));
  return createSnapshotBuilder(({ text }: { readonly text: string }) => Buffer.from(text))({
    gateway,
    resources,
  });
}

function applyOps(stored: Map<string, JsonValue>, ops: readonly Op[]): void {
  for (const op of ops) {
    // Through text, as a store does it.
    if (op.op === 'put') stored.set(op.key, JSON.parse(JSON.stringify(op.value)));
    else stored.delete(op.key);
  }
}

/** A store's worth of keys, and the release in memory beside it. */
function newBook() {
  const stored = new Map<string, JsonValue>();
  const read = (key: string): JsonValue | undefined => stored.get(key);
  let release: GatewayRelease | undefined;
  return {
    stored,
    read,
    release: () => release,
    plan: (snapshot: Snapshot) => {
      const publication = publishVersion(release, snapshot, cause);
      return { publication, ops: planReleaseOps(read, publication, snapshot, 0) };
    },
    publish(snapshot: Snapshot) {
      const { publication, ops } = this.plan(snapshot);
      applyOps(stored, ops);
      release = publication.release;
    },
    readBack: () => readRelease(read, stored.get(releaseKey(gateway)) ?? null),
  };
}

const contents = fc.dictionary(
  fc.constantFrom('bind/1', 'listener/a', 'policy/p', 'policy/q'),
  fc.constantFrom('', 'x', 'y', 'z'),
);

describe('a stored release', () => {
  test('reads back as it was, with every content and nothing left over, after any history', () => {
    fc.assert(
      fc.property(fc.array(contents, { minLength: 1, maxLength: 45 }), (history) => {
        const book = newBook();
        for (const step of history) book.publish(snapshotOf(step));
        const release = book.readBack();
        assert.deepEqual(release, book.release());
        const keys = new Set([releaseKey(gateway), ...keysOfRelease(release)]);
        assert.deepEqual([...book.stored.keys()].sort(), [...keys].sort());
        const last = snapshotOf(history.at(-1) ?? {});
        for (const { hash, bytes } of last.resources.values()) {
          assert.deepEqual(readContent(book.read, gateway, hash), Buffer.from(bytes));
        }
      }),
    );
  });

  test('is whole wherever the write of a new version stops, and the write can be repeated', () => {
    const book = newBook();
    for (let i = 0; i < 20; i += 1) book.publish(snapshotOf({ a: `${i}`, b: 'same' }));
    const before = book.readBack();
    const next = snapshotOf({ a: 'new', b: 'same' });
    const { publication, ops } = book.plan(next);
    const whole = new Map(book.stored);
    for (let stop = 0; stop <= ops.length; stop += 1) {
      book.stored.clear();
      for (const [key, value] of whole) book.stored.set(key, value);
      applyOps(book.stored, ops.slice(0, stop));
      const recorded = ops.slice(0, stop).some((op) => op.key === releaseKey(gateway));
      assert.deepEqual(book.readBack(), recorded ? publication.release : before);
    }
    book.publish(next);
    assert.equal(book.readBack().versions.length, 20);
  });

  test('an equal publication writes nothing', () => {
    const book = newBook();
    book.publish(snapshotOf({ a: '1' }));
    assert.deepEqual(book.plan(snapshotOf({ a: '1' })).ops, []);
  });

  test('a missing part is named', () => {
    const book = newBook();
    const snapshot = snapshotOf({ a: '1' });
    book.publish(snapshot);
    const hash = snapshot.resources.get('a')?.hash ?? '';
    book.stored.delete(contentKey(gateway, hash));
    assert.throws(
      () => readContent(book.read, gateway, hash),
      (thrown) =>
        thrown instanceof HeartlineError &&
        thrown.message.startsWith(
          `release-content/local/httpbin/agentgateway-proxy/${hash} is named`,
        ),
    );
  });
});
