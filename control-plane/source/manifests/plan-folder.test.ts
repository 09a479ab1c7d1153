// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crdAdmission } from '../../../test/support/crd-admission.js';
import { kindOf } from '../../../test/support/sample-objects.js';
import { checkManifest } from './check-manifest.js';
import { type FolderEntry, planFolder } from './plan-folder.js';

const admission = crdAdmission();
const kind = kindOf('AgentgatewayPolicy');

function policy(name: string, time = '30s'): string {
  return `apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {name: ${name}}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]
  frontend: {tcp: {keepalive: {time: ${time}, interval: 5s}}}
`;
}

const file = (path: string, ...documents: readonly string[]): FolderEntry => ({
  path,
  content: { ok: true, text: documents.join('---\n') },
});
const broken = (path: string): FolderEntry => file(path, 'a: [');
const unreadable = (path: string): FolderEntry => ({
  path,
  content: { ok: false, reason: 'EACCES: permission denied' },
});
const owned = (...list: readonly (readonly [name: string, detail: string])[]) =>
  list.map(([name, detail]) => ({ kind, namespace: 'default', name, detail }));

/** `path state +written -removed`, one for each file. */
function shape(entries: readonly FolderEntry[], have: ReturnType<typeof owned>) {
  const plan = planFolder(entries, have, (manifest) => checkManifest(admission, manifest));
  const lines = plan.files.map(({ path, state, manifests, removals }) =>
    [
      path,
      state,
      ...manifests.map(({ name }) => `+${name}`),
      ...removals.map(({ name }) => `-${name}`),
    ].join(' '),
  );
  return { lines, heldBack: plan.heldBack, files: plan.files };
}

const A = policy('a');
const B = policy('b');
const INVALID = policy('a', 'soon');

type Row = readonly [
  name: string,
  entries: readonly FolderEntry[],
  have: ReturnType<typeof owned>,
  expected: readonly string[],
  heldBack?: RegExp,
];

const ROWS: readonly Row[] = [
  ['everything new', [file('f', A, B), file('g')], [], ['f good +a +b', 'g unreadable']],
  ['a comment wants nothing', [file('f', '# nothing\n')], owned(['a', 'f']), ['f good -a']],
  [
    'an object that left its file goes with it',
    [file('f', A)],
    owned(['a', 'f'], ['b', 'f']),
    ['f good +a -b'],
  ],
  [
    'a file that is gone takes its objects along',
    [file('f', A)],
    owned(['a', 'f'], ['b', 'g']),
    ['f good +a', 'g gone -b'],
  ],
  [
    'an object that moved to another file stays',
    [file('f', A, B), file('g', '# x')],
    owned(['a', 'f'], ['b', 'g']),
    ['f good +a +b', 'g good'],
  ],
  [
    'an invalid object refuses its file, which keeps all it had',
    [file('f', INVALID), file('g', '# x')],
    owned(['a', 'f'], ['b', 'f'], ['c', 'g']),
    ['f refused', 'g good -c'],
  ],
  [
    'an invalid object that moved to a refused file stays',
    [file('f', INVALID), file('g', '# x')],
    owned(['a', 'g']),
    ['f refused', 'g good'],
  ],
  [
    'while a file cannot be parsed nothing is removed anywhere',
    [broken('f'), file('g', '# x')],
    owned(['a', 'f'], ['b', 'g'], ['c', 'gone']),
    ['f unreadable', 'g good'],
    /^f cannot be read$/,
  ],
  [
    'while a file cannot be read nothing is removed anywhere',
    [unreadable('f'), file('g', '# x')],
    owned(['b', 'g']),
    ['f unreadable', 'g good'],
    /^f cannot be read$/,
  ],
  [
    'an emptied file may still be being written',
    [file('f', ''), file('g', B)],
    owned(['a', 'f']),
    ['f unreadable', 'g good +b'],
  ],
  [
    'a folder without any manifest file removes nothing',
    [],
    owned(['a', 'f']),
    [],
    /is it mounted/,
  ],
  [
    'the second file with an object is refused, with all that is in it',
    [file('f', A), file('g', A, B)],
    [],
    ['f good +a', 'g refused'],
  ],
  [
    'a file that cannot be parsed keeps its objects from others',
    [file('f', A), broken('g')],
    owned(['a', 'g']),
    ['f refused', 'g unreadable'],
  ],
  ['an object twice in one file', [file('f', A, A)], [], ['f refused']],
  [
    'objects of a kind that is not served',
    [file('f', A, 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n')],
    [],
    ['f unreadable'],
  ],
];

describe('what a folder means', () => {
  for (const [name, entries, have, expected, heldBack] of ROWS) {
    it(name, () => {
      const found = shape(entries, have);
      assert.deepEqual(found.lines, expected);
      if (heldBack === undefined) assert.equal(found.heldBack, undefined);
      else assert.match(found.heldBack ?? '', heldBack);
    });
  }

  it('says where and what: path, line, column, and the file that came first', () => {
    const { files } = shape(
      [file('f', A), file('g', A), file('h', policy('h', 'soon')), broken('i')],
      [],
    );
    const problems = files.map(({ problems: found }) => found.join('\n'));
    assert.equal(problems[1], 'g:3:18: AgentgatewayPolicy default/a is in f already; keep one');
    assert.match(problems[2] ?? '', /^h:6:38: spec\.frontend\.tcp\.keepalive\.time: .*"soon"/);
    assert.match(problems[3] ?? '', /^i:1:5: /);
  });
});
