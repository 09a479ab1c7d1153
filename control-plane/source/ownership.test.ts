// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import {
  kindOf,
  sampleGateway,
  samplePolicy,
  toChange,
  toDelete,
} from '../../test/support/sample-objects.js';
import { createMemoryStore } from '../store/memory-store.js';
import { createObjectDoor } from './embedded-objects.js';
import type { ApplyRequest, ObjectChange, SourceName } from './object-door.js';
import { ownerKey } from './ownership.js';

const admission = crdAdmission();
const policy = samplePolicy('p', { time: '30s' });
const slower = samplePolicy('p', { time: '60s' });
const KEY = 'owner/agentgateway.dev/agentgatewaypolicies/httpbin/p';

/** Sources write through one door over one store. */
function newSources(runningSources?: ReadonlySet<SourceName>) {
  const store = createMemoryStore('test');
  const door = createObjectDoor({
    ...{ store, admission, clock: manualClock(), randomUuid: () => 'uid' },
    ...(runningSources === undefined ? {} : { runningSources }),
  });
  const apply = (
    source: SourceName,
    change: ObjectChange,
    { detail, ...options }: Partial<ApplyRequest> & { detail?: string } = {},
  ) =>
    door.applyObjects({
      caller: {
        ...{ actor: 'a', reason: 'r', source },
        ...(detail === undefined ? {} : { sourceDetail: detail }),
      },
      changes: [change],
      dryRun: false,
      fieldValidation: 'Strict',
      ...options,
    });
  return { store, apply, owner: () => store.get(KEY)?.value };
}

function refused(message: string) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof HeartlineError, String(thrown));
    assert.equal(thrown.code, 'OWNED_ELSEWHERE');
    assert.equal(thrown.meaning.http, 409);
    assert.equal(thrown.message, message);
    return true;
  };
}

const OBJECT = 'agentgatewaypolicies.agentgateway.dev "p" in namespace "httpbin"';

describe('who may write an object', () => {
  it('is whoever created it; the owner is written in the same transaction', async () => {
    const { store, apply, owner } = newSources();
    const written: string[][] = [];
    store.watch(0, ({ ops }) => written.push(ops.map(({ op, key }) => `${op} ${key}`)));
    await apply('manifests', toChange('create', policy), { detail: '/m/p.yaml' });
    assert.deepEqual(owner(), { source: 'manifests', detail: '/m/p.yaml' });
    assert.equal(written.length, 1);
    assert.ok(written[0]?.includes(`put ${KEY}`));
    await apply('manifests', toChange('replace', slower), { detail: '/m/p.yaml' });
    assert.deepEqual(owner(), { source: 'manifests', detail: '/m/p.yaml' });
    await apply('manifests', toDelete(policy));
    assert.equal(owner(), undefined);
  });

  it('an object of the API has no entry', async () => {
    const { apply, owner } = newSources();
    await apply('embedded', toChange('create', policy));
    assert.equal(owner(), undefined);
  });

  it('another file of the same folder: only the entry is written', async () => {
    const { store, apply, owner } = newSources();
    await apply('manifests', toChange('create', policy), { detail: '/m/p.yaml' });
    await apply('manifests', toChange('replace', policy), { detail: '/m/q.yaml' });
    assert.deepEqual(owner(), { source: 'manifests', detail: '/m/q.yaml' });
    assert.equal(store.get('objects/agentgateway.dev/agentgatewaypolicies/httpbin/p')?.revision, 1);
  });

  const rows: readonly [SourceName, SourceName, string, string][] = [
    [
      'manifests',
      'embedded',
      '/m/p.yaml',
      'belongs to the manifest file /m/p.yaml: change the file, or remove the object from it first',
    ],
    ['embedded', 'manifests', '', 'belongs to the API: change it there, or delete it there first'],
    [
      'kubernetes',
      'embedded',
      'prod',
      'belongs to the Kubernetes cluster prod: change it in that cluster',
    ],
    ['kubernetes', 'manifests', '', 'belongs to the Kubernetes cluster: change it in that cluster'],
  ];
  for (const [owner, writer, detail, sentence] of rows) {
    it(`${writer} may not replace or delete what ${owner} owns, dry runs included`, async () => {
      const { store, apply } = newSources();
      await apply(owner, toChange('create', policy), { detail });
      const before = store.lastSeq();
      const message = `${OBJECT} ${sentence}`;
      for (const change of [
        toChange('replace', slower),
        toChange('replace', policy),
        toDelete(policy),
      ]) {
        for (const dryRun of [false, true]) {
          await assert.rejects(apply(writer, change, { dryRun }), refused(message));
        }
      }
      assert.equal(store.lastSeq(), before);
    });
  }

  it('one object of somebody else refuses the whole request', async () => {
    const { store, apply } = newSources();
    await apply('manifests', toChange('create', policy), { detail: 'f' });
    const changes = [toChange('create', sampleGateway()), toDelete(policy)];
    await assert.rejects(apply('embedded', toDelete(policy), { changes }), /belongs to/);
    assert.equal(store.lastSeq(), 1);
  });

  it('a source that does not run here holds nobody back: who writes next is the owner', async () => {
    const { apply, owner } = newSources(new Set(['embedded']));
    await apply('manifests', toChange('create', policy), { detail: 'f' });
    await apply('embedded', toChange('replace', slower));
    assert.equal(owner(), undefined);
    await assert.rejects(apply('manifests', toChange('replace', policy)), /belongs to the API/);
  });

  it('a kind that comes from a cluster cannot even be created elsewhere', async () => {
    const store = createMemoryStore('test');
    const door = createObjectDoor({
      ...{ store, admission, clock: manualClock(), randomUuid: () => 'uid' },
      kindOwner: ({ kind }) =>
        kind === 'AgentgatewayPolicy' ? { source: 'kubernetes', detail: 'prod' } : undefined,
    });
    const apply = (change: ObjectChange) =>
      door.applyObjects({
        ...{ caller: { actor: 'a', reason: 'r' }, changes: [change] },
        ...{ dryRun: false, fieldValidation: 'Strict' },
      });
    const message = `${OBJECT} belongs to the Kubernetes cluster prod: change it in that cluster`;
    for (const change of [
      toChange('create', policy),
      toChange('replace', policy),
      toDelete(policy),
    ]) {
      await assert.rejects(apply(change), refused(message));
    }
    await apply(toChange('create', sampleGateway()));
    assert.equal(store.lastSeq(), 1);
  });

  it('the key has the tail of the object key; the core group is called core', () => {
    const secret = { kind: kindOf('Secret'), namespace: 'a', name: 's' };
    assert.equal(ownerKey(secret), 'owner/core/secrets/a/s');
  });
});
