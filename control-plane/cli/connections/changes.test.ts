// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { ConnectionRow } from '../client/admin-client.js';
import { connectionChanges } from './changes.js';
import { renderScreen } from './watch.js';

function row(id: number, more: Partial<ConnectionRow> = {}): ConnectionRow {
  return {
    id,
    side: 'downstream',
    bindKey: '8080/a/b',
    listener: 'web',
    protocol: 'h2',
    peer: `10.0.0.9:${4000 + id}`,
    client: `10.0.0.9:${4000 + id}`,
    state: 'idle',
    ageMs: 10,
    idleMs: 10,
    version: '1-ab',
    inForce: true,
    settling: false,
    deferred: false,
    settingsPending: false,
    requests: 0,
    bytesRead: 0,
    bytesWritten: 0,
    ...more,
  };
}

describe('changes between two looks', () => {
  const rows: readonly (readonly [
    string,
    readonly ConnectionRow[] | undefined,
    readonly ConnectionRow[],
    readonly string[],
  ])[] = [
    ['the first look', undefined, [row(1), row(2)], ['open 1', 'open 2']],
    ['nothing', [row(1)], [row(1)], []],
    ['traffic and time', [row(1)], [row(1, { ageMs: 9999, state: 'busy', requests: 7 })], []],
    ['one came, one went', [row(1), row(2)], [row(2), row(3)], ['closed 1', 'opened 3']],
    ['another version', [row(1)], [row(1, { version: '2-cd' })], ['changed 1']],
    ['an upgrade', [row(1)], [row(1, { protocol: 'websocket' })], ['changed 1']],
    ['settling', [row(1)], [row(1, { settling: true, inForce: false })], ['changed 1']],
  ];
  for (const [name, before, now, expected] of rows) {
    it(name, () => {
      const changes = connectionChanges(before, now);
      assert.deepEqual(
        changes.map(({ event, connection }) => `${event} ${connection.id}`),
        expected,
      );
    });
  }
});

describe('a screen of connections', () => {
  const lines = (text: string) => stripVTControlCharacters(text).split('\n');

  it('shows as many as there is room for, and says how many are not shown', () => {
    const many = Array.from({ length: 20 }, (_, at) => row(at + 1));
    const shown = lines(renderScreen(many, 'table', { rows: 8, columns: 200 }));
    assert.equal(shown.length, 8);
    assert.equal(shown[0], '20 connections, 20 in force');
    assert.match(shown[1] ?? '', /^ID +SIDE/);
    assert.match(shown[6] ?? '', /^5 /);
    assert.equal(shown[7], '15 more');
  });

  it('cuts lines at the edge and is content with no connection', () => {
    const [, , line] = lines(renderScreen([row(1)], 'wide', { rows: 8, columns: 20 }));
    assert.equal(line?.length, 20);
    assert.deepEqual(lines(renderScreen([], 'table', { rows: 8, columns: 80 })), [
      '0 connections, 0 in force',
    ]);
  });
});
