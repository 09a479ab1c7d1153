// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../../log/transaction.js';
import type { ObjectMeta } from '../../policy/kube-object.js';
import { diffObjects, renderDifferences } from './diff.js';

const TCP = { tcp: { keepalive: { time: '30s', interval: '5s', retries: 3 } } };
const HTTP = { http: { http2KeepaliveInterval: '5s', http2KeepaliveTimeout: '30s' } };

function objectOf(spec: JsonValue | undefined, metadata: Partial<ObjectMeta> = {}) {
  return {
    apiVersion: 'agentgateway.dev/v1alpha1',
    kind: 'AgentgatewayPolicy',
    metadata: { name: 'p', ...metadata },
    ...(spec === undefined ? {} : { spec }),
  };
}

describe('what apply says it changed', () => {
  const rows: readonly [string, JsonValue | undefined, JsonValue | undefined, string][] = [
    ['nothing', { frontend: TCP }, { frontend: TCP }, ''],
    ['key order only', { a: 1, b: 2 }, { b: 2, a: 1 }, ''],
    [
      'the HTTP example over the TCP one',
      { frontend: TCP },
      { frontend: HTTP },
      '-frontend.tcp +frontend.http',
    ],
    [
      'one value',
      { frontend: TCP },
      { frontend: { tcp: { keepalive: { ...TCP.tcp.keepalive, time: '60s' } } } },
      '~frontend.tcp.keepalive.time: 30s -> 60s',
    ],
    [
      'removed before added before changed',
      { a: 1, z: 1, m: 1 },
      { b: 1, y: 1, m: 2 },
      '-a -z +b +y ~m: 1 -> 2',
    ],
    ['a whole spec', undefined, { a: { b: 1 } }, '+a'],
    [
      'an item of a list',
      { l: [{ n: 1 }, { n: 2 }] },
      { l: [{ n: 1 }, { n: 3 }] },
      '~l[1].n: 2 -> 3',
    ],
    ['a longer list', { l: [1] }, { l: [1, 2] }, '+l[1]'],
    ['a shorter list', { l: [1, 2] }, { l: [1] }, '-l[1]'],
    ['an object that becomes a list', { a: {} }, { a: [] }, '~a: {} -> []'],
    ['null that becomes a value', { a: null }, { a: 1 }, '~a: null -> 1'],
    ['text with blanks', { a: 'x y' }, { a: '' }, '~a: "x y" -> ""'],
    ['a number that becomes text', { a: 3 }, { a: '3x' }, '~a: 3 -> 3x'],
    ['a long value', { a: 'x'.repeat(70) }, { a: 'y' }, `~a: ${'x'.repeat(60)}… -> y`],
  ];
  for (const [name, before, after, expected] of rows) {
    it(name, () => {
      assert.equal(renderDifferences(diffObjects(objectOf(before), objectOf(after))), expected);
    });
  }

  it('labels and annotations', () => {
    const before = objectOf({}, { labels: { team: 'a' } });
    const after = objectOf({}, { labels: { team: 'b' }, annotations: { 'x.dev/y': '1' } });
    assert.equal(
      renderDifferences(diffObjects(before, after)),
      '+metadata.annotations["x.dev/y"] ~metadata.labels.team: a -> b',
    );
  });

  it('fields beside spec: a new port of an EndpointSlice used to be called unchanged', () => {
    const before = { ...objectOf(undefined), ports: [{ port: 1 }], endpoints: [] };
    const after = { ...objectOf(undefined), ports: [{ port: 2 }], endpoints: [] };
    assert.equal(renderDifferences(diffObjects(before, after)), '~ports[0].port: 1 -> 2');
  });

  it('nothing of what the server alone writes', () => {
    const before = objectOf({}, { resourceVersion: '1', generation: 1 });
    const after = objectOf({}, { resourceVersion: '2', generation: 2 });
    assert.equal(renderDifferences(diffObjects(before, after)), '');
  });
});
