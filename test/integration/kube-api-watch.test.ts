// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { objectKey } from '../../control-plane/policy/kinds.js';
import { openLmdbStore } from '../../control-plane/store/lmdb-store.js';
import { type ManualClock, manualClock } from '../../shared/time/manual-clock.js';
import { startTestApi, type TestApi } from '../support/api-server.js';
import { eventually } from '../support/eventually.js';
import { kindOf, sampleBackend, toChange, toDelete } from '../support/sample-objects.js';
import { type WatchClient, type WatchFrame, watchOver } from '../support/watch-client.js';

const PATH = '/apis/agentgateway.dev/v1alpha1/namespaces/httpbin/agentgatewaybackends';
const EVERYWHERE = '/apis/agentgateway.dev/v1alpha1/agentgatewaybackends';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const KIND = kindOf('AgentgatewayBackend');

function backend(name: string, more: object = {}, port = 80) {
  const object = sampleBackend(name, port);
  return { ...object, metadata: { ...object.metadata, ...more } };
}

const describeFrame = ({ type, object }: WatchFrame): string =>
  `${type} ${object.metadata.name ?? '-'}@${object.metadata.resourceVersion}`;

describe('watches', () => {
  let api: TestApi;
  let clock: ManualClock;
  const open: WatchClient[] = [];
  beforeEach(async () => {
    clock = manualClock(Date.parse('2026-11-22T13:00:00Z'));
    api = await startTestApi(undefined, { clock });
  });
  afterEach(async () => {
    for (const one of open.splice(0)) one.stop();
    await api.close();
  });

  const watch = async (query: string, accept?: string, path = PATH): Promise<WatchClient> => {
    const client = await watchOver(api, `${path}?watch=true${query}`, accept);
    open.push(client);
    return client;
  };
  const apply = (...changes: Parameters<typeof toChange>[]) =>
    api.door.applyObjects({
      caller: { actor: 'test', reason: 'r' },
      changes: changes.map(([verb, object]) => toChange(verb, object)),
      dryRun: false,
      fieldValidation: 'Strict',
    });
  const remove = (...names: string[]) =>
    api.door.applyObjects({
      caller: { actor: 'test', reason: 'r' },
      changes: names.map((name) => toDelete(backend(name))),
      dryRun: false,
      fieldValidation: 'Strict',
    });

  it('begin with what there is, and go on with every change', async () => {
    await apply(['create', backend('a')], ['create', backend('b')]);
    const client = await watch('');
    await apply(['replace', backend('a', {}, 81)]);
    await remove('b');
    const frames = await client.atLeast(4);
    assert.deepEqual(frames.map(describeFrame), [
      'ADDED a@1',
      'ADDED b@1',
      'MODIFIED a@2',
      'DELETED b@3',
    ]);
    assert.equal(frames[2]?.object.spec.static.port, 81);
    assert.equal(frames[3]?.object.kind, 'AgentgatewayBackend');
  });

  it('go on from a revision, of one namespace or of all', async () => {
    await apply(['create', backend('a')]);
    await apply(['create', backend('b')]);
    await apply(['create', backend('c', { namespace: 'other' })]);
    const here = await watch('&resourceVersion=1');
    const everywhere = await watch('&resourceVersion=1', undefined, EVERYWHERE);
    assert.deepEqual((await everywhere.atLeast(2)).map(describeFrame), ['ADDED b@2', 'ADDED c@3']);
    await apply(['replace', backend('b', {}, 81)]);
    assert.deepEqual((await here.atLeast(2)).map(describeFrame), ['ADDED b@2', 'MODIFIED b@4']);
  });

  it('a client that is cut off between deletions of one transaction gets all of them again', async () => {
    await apply(['create', backend('a')], ['create', backend('b')], ['create', backend('c')]);
    await remove('a', 'b', 'c');
    const first = await (await watch('&resourceVersion=1')).atLeast(3);
    assert.deepEqual(first.map(describeFrame), ['DELETED a@1', 'DELETED b@1', 'DELETED c@2']);
    const from = first[1]?.object.metadata.resourceVersion;
    assert.equal((await (await watch(`&resourceVersion=${from}`)).atLeast(3)).length, 3);
  });

  it('selectors make a change of labels an arrival or a departure', async () => {
    const client = await watch('&labelSelector=team%3Da');
    await apply(['create', backend('x')]);
    await apply(['replace', backend('x', { labels: { team: 'a' } })]);
    await apply(['replace', backend('x', { labels: { team: 'a', more: '' } })]);
    await apply(['replace', backend('x', { labels: { team: 'b' } })]);
    await remove('x');
    await apply(['create', backend('y', { labels: { team: 'a' } })]);
    const frames = await client.atLeast(4);
    assert.deepEqual(frames.map(describeFrame), [
      'ADDED x@2',
      'MODIFIED x@3',
      'DELETED x@4',
      'ADDED y@6',
    ]);
    // As it was when it was last selected.
    assert.equal(frames[2]?.object.metadata.labels.team, 'a');
    const one = await watch('&fieldSelector=metadata.name%3Dy');
    assert.deepEqual((await one.atLeast(1)).map(describeFrame), ['ADDED y@6']);
  });

  it('bookmarks come every minute and at the end, and move a quiet watch on', async () => {
    const client = await watch('&allowWatchBookmarks=true&timeoutSeconds=90');
    const quiet = await watch('&timeoutSeconds=90');
    await api.store.commit({
      actor: 't',
      reason: 'r',
      time: 0,
      ops: [{ op: 'put', key: 'x', value: 1 }],
    });
    clock.advance(60_000);
    clock.advance(30_000);
    const frames = await client.atLeast(2);
    await eventually(() =>
      assert.ok(client.hasEnded() && quiet.hasEnded(), 'client.hasEnded() && quiet.hasEnded()'),
    );
    assert.deepEqual(frames.map(describeFrame), ['BOOKMARK -@1', 'BOOKMARK -@1']);
    assert.equal(frames[0]?.object.kind, 'AgentgatewayBackend');
    assert.equal(quiet.frames.length, 0);
  });

  it('take the place of a list: everything, then a bookmark that says so', async () => {
    await apply(['create', backend('a')]);
    const client = await watch(
      '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    );
    await client.atLeast(2);
    await apply(['create', backend('b')]);
    const frames = await client.atLeast(3);
    assert.deepEqual(frames.map(describeFrame), ['ADDED a@1', 'BOOKMARK -@1', 'ADDED b@2']);
    assert.equal(frames[1]?.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
  });

  it('a revision that is no longer kept is told in the watch: 410 Expired', async () => {
    const ops = (value: number) => [
      {
        op: 'put',
        key: objectKey(KIND, 'httpbin', 'a'),
        value: { ...backend('a'), value },
      } as const,
    ];
    const commits = Array.from({ length: 10_010 }, (_, i) =>
      api.store.commit({ actor: 't', reason: 'r', time: 0, ops: ops(i) }),
    );
    await Promise.all(commits);
    clock.advance(600_001);
    await api.store.commit({ actor: 't', reason: 'r', time: 0, ops: ops(-1) });
    const client = await watch('&resourceVersion=5');
    const [frame] = await client.atLeast(1);
    assert.equal(frame?.type, 'ERROR');
    assert.deepEqual([frame?.object.code, frame?.object.reason], [410, 'Expired']);
    await eventually(() => assert.ok(client.hasEnded(), 'client.hasEnded()'));
    assert.equal(client.status, 200);
  });

  it('as a table: one row an event, the columns in the first', async () => {
    await apply(['create', backend('a')]);
    const client = await watch('', TABLE);
    await apply(['create', backend('b')]);
    const [first, second] = await client.atLeast(2);
    assert.equal(first?.object.kind, 'Table');
    assert.ok(first?.object.columnDefinitions.length > 0);
    assert.equal(second?.object.columnDefinitions, null);
    assert.equal(second?.object.rows[0].cells[0], 'b');
    assert.equal(second?.object.rows[0].object.kind, 'PartialObjectMetadata');
  });

  it('a slow client is cut off and told about in the log; the others get everything at once', async () => {
    const slow = await watch('');
    const quick = await watch('');
    slow.incoming.pause();
    const annotations = { filler: 'x'.repeat(200_000) };
    const total = 60;
    for (let i = 0; i < total; i += 1) await apply(['create', backend(`b${i}`, { annotations })]);
    assert.equal((await quick.atLeast(total)).length, total);
    assert.ok(slow.frames.length < total);
    clock.advance(10_000);
    await eventually(() => assert.match(api.logged.join(''), /watch cut, its client is too slow/));
    slow.incoming.resume();
    await eventually(() => assert.ok(slow.hasEnded(), 'slow.hasEnded()'));
    await apply(['create', backend('after')]);
    await quick.atLeast(total + 1);
  });

  it('a client that pauses for a while misses nothing', async () => {
    const client = await watch('');
    client.incoming.pause();
    const annotations = { filler: 'x'.repeat(200_000) };
    const total = 60;
    for (let i = 0; i < total; i += 1) await apply(['create', backend(`b${i}`, { annotations })]);
    client.incoming.resume();
    const frames = await client.atLeast(total);
    assert.deepEqual(
      frames.map(({ object }) => object.metadata.name),
      Array.from({ length: total }, (_, i) => `b${i}`),
    );
  });

  it('a thousand of one kind all get a change', async () => {
    await apply(['create', backend('a')]);
    const clients = await Promise.all(
      Array.from({ length: 1_000 }, () => watch('&resourceVersion=1')),
    );
    await apply(['replace', backend('a', {}, 81)]);
    for (const client of clients) {
      assert.deepEqual((await client.atLeast(1)).map(describeFrame), ['MODIFIED a@2']);
    }
  });

  it('end in good order when the server stops', async () => {
    const client = await watch('&allowWatchBookmarks=true');
    const closing = api.close();
    await eventually(() => assert.ok(client.hasEnded(), 'client.hasEnded()'));
    await closing;
    assert.deepEqual(client.frames.map(describeFrame), ['BOOKMARK -@0']);
    api = await startTestApi(undefined, { clock });
  });
});

describe('a watch across a restart of the server', () => {
  it('goes on behind the last revision, and a list of then has its next pages', async (context) => {
    const dir = mkdtempSync(join(tmpdir(), 'heartline-watch-'));
    context.after(() => rmSync(dir, { recursive: true }));
    const start = async () =>
      startTestApi(undefined, { store: await openLmdbStore({ dir, newStoreId: randomUUID }) });
    const change = (
      api: TestApi,
      ...changes: Parameters<typeof api.door.applyObjects>[0]['changes']
    ) =>
      api.door.applyObjects({
        caller: { actor: 'test', reason: 'r' },
        changes,
        dryRun: false,
        fieldValidation: 'Strict',
      });
    const first = await start();
    await change(first, toChange('create', backend('a')), toChange('create', backend('b')));
    await change(first, toChange('replace', backend('a', {}, 81)));
    await change(first, toDelete(backend('b')));
    await first.close();

    const second = await start();
    context.after(() => second.close());
    const client = await watchOver(second, `${PATH}?watch=true&resourceVersion=1`);
    await change(second, toChange('create', backend('c')));
    assert.deepEqual((await client.atLeast(3)).map(describeFrame), [
      'MODIFIED a@2',
      'DELETED b@3',
      'ADDED c@4',
    ]);
    client.stop();
    const { objects } = second.views.get(KIND)?.listAt(1, 'httpbin') ?? { objects: [] };
    assert.deepEqual(
      objects.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`),
      ['a@1', 'b@1'],
    );
  });
});
