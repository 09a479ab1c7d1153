// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createSnapshotBuilder } from './build-snapshot.js';
import { type Snapshot, snapshotLabel } from './snapshot.js';

const gateway = { cluster: 'local', namespace: 'httpbin', name: 'agentgateway-proxy' };
const buildSnapshot = createSnapshotBuilder(({ text }: { readonly text: string }) =>
  Buffer.from(text),
);

function build(contents: { readonly [name: string]: string }, previous?: Snapshot): Snapshot {
  const resources = Object.entries(contents)
    .map(([name, text]) => ({ name, message: { text } }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return buildSnapshot({ gateway, resources, previous });
}

describe('a snapshot', () => {
  test('golden: hashes are part of what workers and history hold, they must never move', () => {
    const snapshot = build({ 'bind/8080': 'one', 'policy/p': 'two' });
    assert.deepEqual(
      [...snapshot.resources.values()].map(({ name, hash }) => [name, hash]),
      [
        ['bind/8080', '7692c3ad3540bb803c020b3aee66cd88'],
        ['policy/p', '3fc4ccfe745870e2c0d99f71f30ff065'],
      ],
    );
    assert.equal(snapshot.hash, '502b921f18938dcb957700d721b145198b23ca47adc1a690ab47d4d3c74a1d11');
    assert.equal(snapshotLabel(3, snapshot.hash), `3-${snapshot.hash.slice(0, 8)}`);
  });

  test('the empty snapshot has a hash too', () => {
    assert.match(build({}).hash, /^[0-9a-f]{64}$/);
    assert.equal(build({}).resources.size, 0);
  });

  test('unchanged resources are the same objects as before, changed ones are new', () => {
    const before = build({ a: '1', b: '1' });
    const after = build({ a: '1', b: '2' }, before);
    assert.equal(after.resources.get('a'), before.resources.get('a'));
    assert.notEqual(after.resources.get('b'), before.resources.get('b'));
  });

  test('a message that is given again is not encoded again, and its name is never mixed up', () => {
    let encoded = 0;
    const counting = createSnapshotBuilder(({ text }: { readonly text: string }) => {
      encoded += 1;
      return Buffer.from(text);
    });
    const message = { text: '1' };
    const first = counting({ gateway, resources: [{ name: 'a', message }] });
    const second = counting({ gateway, resources: [{ name: 'a', message }], previous: first });
    assert.equal(encoded, 1);
    assert.equal(second.resources.get('a'), first.resources.get('a'));
    const other = counting({ gateway, resources: [{ name: 'b', message }], previous: second });
    assert.equal(other.resources.get('b')?.name, 'b');
  });

  test('the hash says equal exactly when names and contents are equal, whatever came before', () => {
    const contents = fc.dictionary(
      fc.constantFrom('bind/1', 'listener/a', 'policy/p', 'policy/q'),
      fc.constantFrom('', 'x', 'y'),
    );
    fc.assert(
      fc.property(contents, contents, (one, two) => {
        const first = build(one);
        const second = build(two, first);
        const same = Object.keys(one).length === Object.keys(two).length;
        const equal = same && Object.entries(one).every(([name, text]) => two[name] === text);
        assert.equal(first.hash === second.hash, equal);
        assert.equal(second.hash, build(two).hash);
      }),
    );
  });
});
