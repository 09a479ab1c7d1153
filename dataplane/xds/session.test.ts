// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  answer,
  firstRequests,
  formatDiagnostics,
  isSynced,
  newSession,
  openStream,
  receive,
  type Session,
} from './session.js';

const A = 'type/A';
const B = 'type/B';

/** A session on its first stream. */
function opened(): Session {
  return openStream(newSession([A, B]));
}

describe('a delta session', () => {
  it('asks for every type at connect, with the node and the versions it holds', () => {
    const held = new Map([['bind/1', 'v1']]);
    const node = { id: 'n' };
    const requests = firstRequests(opened(), node, (type) => (type === B ? held : new Map()));
    assert.deepEqual(requests, [
      { node, typeUrl: A, initialResourceVersions: {} },
      { node, typeUrl: B, initialResourceVersions: { 'bind/1': 'v1' } },
    ]);
  });

  it('acknowledges with type and nonce only', () => {
    const { session, ticket, known } = receive(opened(), A, 'n1');
    assert.equal(known, true);
    assert.deepEqual(answer(session, ticket, []).request, { typeUrl: A, responseNonce: 'n1' });
  });

  it('refuses with code 0 and a JSON list', () => {
    const { session, ticket } = receive(opened(), A, 'n1');
    const { request } = answer(session, ticket, [
      { key: 'policy/x', severity: 'error', message: 'missing' },
    ]);
    assert.deepEqual(request?.errorDetail, {
      code: 0,
      message: '[{"key":"policy/x","error":"missing"}]',
    });
  });

  it('acknowledges a type it did not ask for', () => {
    const { session, ticket, known } = receive(opened(), 'type/other', 'n1');
    assert.equal(known, false);
    assert.deepEqual(answer(session, ticket, []).request, {
      typeUrl: 'type/other',
      responseNonce: 'n1',
    });
  });

  it('keeps the nonces of each type apart and answers several responses one by one', () => {
    const first = receive(opened(), A, 'n1');
    const second = receive(first.session, A, 'n2');
    const other = receive(second.session, B, 'n1');
    const done = answer(other.session, first.ticket, []);
    assert.deepEqual(
      done.session.types.map(({ unanswered }) => unanswered),
      [['n2'], ['n1']],
    );
  });

  it('sends no answer on a later stream, even when that one has the same nonce', () => {
    const old = receive(opened(), A, 'n1');
    const reconnected = receive(openStream(old.session), A, 'n1');
    const late = answer(reconnected.session, old.ticket, []);
    assert.equal(late.request, undefined);
    assert.deepEqual(late.session.types[0]?.unanswered, ['n1']);
  });

  it('is synced when every type was answered once, and stays so after a reconnect', () => {
    const a = receive(opened(), A, 'n1');
    const afterA = answer(a.session, a.ticket, []).session;
    assert.equal(isSynced(afterA), false);
    const b = receive(afterA, B, 'n1');
    const afterB = answer(b.session, b.ticket, []).session;
    assert.equal(isSynced(afterB), true);
    assert.equal(isSynced(openStream(afterB)), true);
  });
});

describe('the diagnostics of a NACK', () => {
  it('are sorted by key, errors first', () => {
    const text = formatDiagnostics([
      { key: 'b', severity: 'warn', message: 'w' },
      { key: 'b', severity: 'error', message: 'e' },
      { key: 'a', severity: 'warn', message: 'w' },
    ]);
    assert.equal(text, '[{"key":"b","error":"e"},{"key":"a","warn":"w"},{"key":"b","warn":"w"}]');
  });

  it('sum up warnings past 200 and never cut errors', () => {
    const many = Array.from({ length: 300 }, (_, at) => ({ key: `k${at}`, message: 'm' }));
    const both = formatDiagnostics([
      ...many.map((entry) => ({ ...entry, severity: 'error' as const })),
      ...many.map((entry) => ({ ...entry, severity: 'warn' as const })),
    ]);
    const entries = JSON.parse(both) as { error?: string; warn?: string }[];
    assert.equal(entries.filter(({ error }) => error !== undefined).length, 300);
    assert.equal(entries.filter(({ warn }) => warn !== undefined).length, 201);
    assert.match(entries.at(-1)?.warn ?? '', /^100 more warnings/);
  });
});
