// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { parseFieldSelector } from './field-selector.js';
import { parseLabelSelector } from './label-selector.js';
import { parseSelection } from './selection.js';

function failsWith(message: RegExp) {
  return (thrown: unknown) =>
    thrown instanceof HeartlineError &&
    thrown.code === 'INVALID_ARGUMENT' &&
    message.test(thrown.message);
}

describe('labelSelector', () => {
  const labels = { app: 'httpbin', tier: 'edge', 'example.com/size': '5', empty: '' };
  const rows: [string, boolean][] = [
    ['', true],
    ['app', true],
    ['nothing', false],
    ['!app', false],
    ['! nothing', true],
    ['app=httpbin', true],
    ['app == httpbin', true],
    ['app=other', false],
    ['app=', false],
    ['empty=', true],
    ['app!=httpbin', false],
    ['app!=other', true],
    ['nothing!=other', true],
    ['app in (a, httpbin)', true],
    ['app in (a,b)', false],
    ['app notin (a,b)', true],
    ['app notin (httpbin)', false],
    ['nothing notin (a)', true],
    ['empty in ()', true],
    ['example.com/size>4', true],
    ['example.com/size > 5', false],
    ['example.com/size<6', true],
    ['app<6', false],
    ['app=httpbin,tier in (edge,core),!nothing', true],
    ['app=httpbin,tier=core', false],
    ['toString', false],
  ];
  for (const [selector, expected] of rows) {
    it(JSON.stringify(selector), () =>
      assert.equal(parseLabelSelector(selector)(labels), expected),
    );
  }
  const bad = [
    'a b',
    'a in',
    'a in (b',
    'a=b=c',
    '-a',
    'a=-b',
    'a>b',
    ',',
    'a,,b',
    '!',
    'a in b',
    '=b',
  ];
  for (const selector of [...bad, `a=${'x'.repeat(64)}`]) {
    it(`refuses ${JSON.stringify(selector.slice(0, 10))}`, () =>
      assert.throws(() => parseLabelSelector(selector), failsWith(/unable to parse requirement/)));
  }
  it('reads 16 KiB of commas and parentheses at once', () => {
    const started = process.hrtime.bigint();
    assert.throws(() => parseLabelSelector('(,'.repeat(8_192)), failsWith(/unable to parse/));
    assert.ok(process.hrtime.bigint() - started < 1_000_000_000n);
  });
});

describe('fieldSelector', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'a,b', namespace: 'x' },
    type: 'Opaque',
  };
  const rows: [string, boolean][] = [
    ['', true],
    ['metadata.namespace=x', true],
    ['metadata.namespace==y', false],
    ['metadata.namespace!=y', true],
    [String.raw`metadata.name=a\,b`, true],
    ['type=Opaque,metadata.namespace=x', true],
    ['type!=Opaque', false],
    ['involvedObject.name=', true],
  ];
  for (const [selector, expected] of rows) {
    it(JSON.stringify(selector), () => {
      const matches = parseFieldSelector(selector, ['type', 'involvedObject.name']);
      assert.equal(matches(secret), expected);
    });
  }
  it('takes the fields of the resource only', () => {
    assert.throws(
      () => parseFieldSelector('status.phase=Running', []),
      failsWith(/^field label not supported: status\.phase$/),
    );
    assert.throws(() => parseFieldSelector('metadata.name', []), failsWith(/^invalid selector/));
  });
});

describe('parseSelection', () => {
  const resource = { selectableFields: [] };
  it('has nothing to ask without selectors', () => {
    assert.equal(parseSelection({ labelSelector: '', fieldSelector: ' ' }, resource), undefined);
  });
  it('asks for both', () => {
    const selects = parseSelection(
      { labelSelector: 'a', fieldSelector: 'metadata.name=x' },
      resource,
    );
    const object = (name: string, labels?: { readonly [key: string]: string }) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, ...(labels && { labels }) },
    });
    assert.deepEqual(
      [object('x', { a: '' }), object('x'), object('y', { a: '' })].map((one) => selects?.(one)),
      [true, false, false],
    );
  });
});
