// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kindOf } from '../../../test/support/sample-objects.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { ObservedChange } from '../resources/object-view.js';
import { AGE_COLUMN, NAME_COLUMN } from '../resources/printer-column.js';
import { createObjectEncoder } from './encoded-object.js';
import { createFrameEncoder, type FrameStyle } from './watch-frames.js';
import { eventObject, transitionOf } from './watch-transition.js';

const object = (labels: Readonly<Record<string, string>>, resourceVersion = '1'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'a', namespace: 'x', labels, resourceVersion },
});
const resource = { kind: kindOf('Secret'), columns: [NAME_COLUMN, AGE_COLUMN] };
const style = (representation: FrameStyle['representation'], showsColumns = false): FrameStyle => ({
  resource,
  representation,
  showsColumns,
});

describe('a change', () => {
  it('is encoded once for all who see it alike', () => {
    const encoder = createObjectEncoder();
    const frames = createFrameEncoder({ encoder, wallMs: () => 0 });
    const change: ObservedChange = { version: 2, before: object({}), after: object({}, '2') };
    const styles = [
      style({ form: 'object' }),
      style({ form: 'metadata' }),
      style({ form: 'table', includeObject: 'Metadata' }),
      style({ form: 'table', includeObject: 'Metadata' }, true),
    ];
    const seen = new Set<Buffer>();
    for (let watcher = 0; watcher < 1_000; watcher += 1) {
      for (const one of styles) seen.add(frames.change(change, 'MODIFIED', one));
    }
    assert.equal(seen.size, styles.length);
    assert.equal(frames.encoded(), styles.length);
    frames.change(change, 'DELETED', style({ form: 'object' }));
    assert.equal(frames.encoded(), styles.length + 1);
  });

  it('is a line of JSON that lists share the bytes of', () => {
    const encoder = createObjectEncoder();
    const frames = createFrameEncoder({ encoder, wallMs: () => 0 });
    const after = object({}, '2');
    const line = frames.change(
      { version: 2, before: undefined, after },
      'ADDED',
      style({ form: 'object' }),
    );
    assert.equal(line.toString(), `{"type":"ADDED","object":${JSON.stringify(after)}}\n`);
    assert.equal(encoder.object(after), encoder.object(after));
  });
});

describe('transitionOf', () => {
  const isSelected = ({ metadata }: KubeObject) => metadata.labels?.['team'] === 'a';
  const [inside, outside] = [object({ team: 'a' }), object({ team: 'b' })];
  const rows: [string, KubeObject | undefined, KubeObject | undefined, string | undefined][] = [
    ['created', undefined, inside, 'ADDED'],
    ['created elsewhere', undefined, outside, undefined],
    ['changed', inside, inside, 'MODIFIED'],
    ['changed elsewhere', outside, outside, undefined],
    ['comes in', outside, inside, 'ADDED'],
    ['goes out', inside, outside, 'DELETED'],
    ['deleted', inside, undefined, 'DELETED'],
    ['deleted elsewhere', outside, undefined, undefined],
  ];
  for (const [name, before, after, expected] of rows) {
    it(name, () => {
      const change = { version: 9, before, after };
      assert.equal(transitionOf(change, { namespace: undefined, selection: isSelected }), expected);
      assert.equal(transitionOf(change, { namespace: 'y', selection: undefined }), undefined);
    });
  }

  it('an object that goes is shown as it was, at the version of its end', () => {
    const change = { version: 9, before: inside, after: outside };
    assert.equal(eventObject(change, 'DELETED')?.metadata.resourceVersion, '9');
    assert.equal(eventObject(change, 'DELETED')?.metadata.labels?.['team'], 'a');
    const gone = { version: 9, before: inside, after: undefined, isContinued: true } as const;
    assert.equal(eventObject(gone, 'DELETED')?.metadata.resourceVersion, '8');
    assert.equal(
      eventObject({ ...change, isContinued: true }, 'DELETED')?.metadata.resourceVersion,
      '9',
    );
  });
});
