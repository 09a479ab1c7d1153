// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Registry } from 'prom-client';
import type { ManifestsOptions } from '../../control-plane/app.js';
import { createObjectDoor } from '../../control-plane/source/embedded-objects.js';
import type { FolderStatus } from '../../control-plane/source/manifests/folder-status.js';
import { createManifestSource } from '../../control-plane/source/manifests/manifest-source.js';
import { createMemoryStore } from '../../control-plane/store/memory-store.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import {
  startTestControlPlane,
  type TestControlPlane,
  type TestControlPlaneOptions,
} from '../support/control-plane.js';
import { crdAdmission } from '../support/crd-admission.js';
import { eventually } from '../support/eventually.js';
import { troubles } from '../support/log-lines.js';

const POLICIES = '/apis/agentgateway.dev/v1alpha1/namespaces/default/agentgatewaypolicies';
const SETTLE_MS = 200;
/** Longer than any test: what comes earlier was seen by the kernel's watch. */
const NEVER_POLLED_MS = 3_600_000;

function policy(name: string, time = '30s'): string {
  return `apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {name: ${name}}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]
  frontend: {tcp: {keepalive: {time: ${time}, interval: 5s, retries: 3}}}
`;
}

interface PolicyObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly frontend: { readonly tcp: { readonly keepalive: { time: string } } } };
}

describe('a folder of manifests', () => {
  let home: string;
  let dir: string;
  let plane: TestControlPlane | undefined;
  let logged: string;

  async function start(
    manifests: Partial<ManifestsOptions> = {},
    more: TestControlPlaneOptions = {},
  ): Promise<TestControlPlane> {
    const destination = new Writable({
      write(chunk: Buffer, _encoding, done) {
        logged += chunk.toString();
        done();
      },
    });
    plane = await startTestControlPlane({
      manifests: { dir, settleMs: 20, pollMs: NEVER_POLLED_MS, ...manifests },
      logger: createLogger({ name: 'control-plane', destination }),
      ...more,
    });
    return plane;
  }

  /** `name=time` of every policy, sorted. */
  async function policies(): Promise<string> {
    const { body } = await (plane ?? assert.fail()).get(POLICIES);
    const { items } = body as { readonly items: readonly PolicyObject[] };
    return items
      .map(({ metadata, spec }) => `${metadata.name}=${spec.frontend.tcp.keepalive.time}`)
      .sort()
      .join(' ');
  }

  const until = (expected: string): Promise<void> =>
    eventually(async () => assert.equal(await policies(), expected), { everyMs: 20 });
  const write = (name: string, ...documents: readonly string[]): void =>
    writeFileSync(join(dir, name), documents.join('---\n'));
  const warnings = () => troubles(logged);

  async function metric(name: string): Promise<string | undefined> {
    const { body } = await (plane ?? assert.fail()).get('/metrics');
    const line = String(body)
      .split('\n')
      .find((one) => one.startsWith(`${name} `));
    return line?.split(' ')[1];
  }

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'heartline-manifests-'));
    dir = join(home, 'manifests');
    mkdirSync(dir);
    logged = '';
  });
  afterEach(async () => {
    await plane?.remove();
    plane = undefined;
    rmSync(home, { recursive: true, force: true });
  });

  it('is applied before the API says ready, and followed: new, changed, renamed and removed files', async () => {
    write('a.yaml', policy('a'), policy('b'));
    await start();
    assert.equal(await policies(), 'a=30s b=30s');
    mkdirSync(join(dir, 'team'));
    await until('a=30s b=30s');
    write('team/c.json', JSON.stringify({ kind: 'List', items: [] }));
    write('team/d.yml', policy('d'));
    await until('a=30s b=30s d=30s');
    write('a.yaml', policy('a', '60s'));
    await until('a=60s d=30s');
    renameSync(join(dir, 'a.yaml'), join(dir, 'z.yaml'));
    write('team/d.yml', policy('d', '61s'));
    await until('a=60s d=61s');
    unlinkSync(join(dir, 'z.yaml'));
    await until('d=61s');
    assert.deepEqual(warnings(), []);
  });

  it('a file that an editor replaces is the same object, not a new one', async () => {
    write('a.yaml', policy('a'));
    const { get } = await start();
    const uid = async () =>
      ((await get(`${POLICIES}/a`)).body as { metadata: { uid: string } }).metadata.uid;
    const before = await uid();
    write('.a.yaml.swp', policy('a', '60s'));
    renameSync(join(dir, '.a.yaml.swp'), join(dir, 'a.yaml'));
    await until('a=60s');
    assert.equal(await uid(), before);
  });

  it('a broken file keeps its last good content and says where, once; nothing is removed meanwhile', async () => {
    write('a.yaml', policy('a'));
    write('b.yaml', policy('b'), policy('c'));
    await start({ pollMs: 40 });
    write('a.yaml', 'spec: [');
    write('b.yaml', policy('b', '60s'));
    await until('a=30s b=60s c=30s');
    await eventually(async () =>
      assert.equal(await metric('heartline_manifest_files{state="unreadable"}'), '1'),
    );
    assert.equal(await metric('heartline_manifest_removals_held_back'), '1');
    const { body } = await (plane ?? assert.fail()).get('/debug/manifests');
    const { files, heldBack } = body as FolderStatus;
    assert.deepEqual(
      files.map(({ path, state }) => `${path.slice(dir.length + 1)} ${state}`),
      ['a.yaml unreadable', 'b.yaml good'],
    );
    assert.equal(heldBack, `${join(dir, 'a.yaml')} cannot be read`);
    write('b.yaml', policy('b', '61s'));
    await until('a=30s b=61s c=30s');
    const said = warnings().filter(({ msg }) => msg.startsWith('manifest file refused'));
    assert.equal(said.length, 1, JSON.stringify(said));
    assert.equal(said[0]?.['file'], join(dir, 'a.yaml'));
    assert.match(String(said[0]?.['problems']), /a\.yaml:1:8: /);
    write('a.yaml', policy('a', '62s'));
    await until('a=62s b=61s');
    assert.equal(await metric('heartline_manifest_removals_held_back'), '0');
  });

  it('is all or nothing, file by file', async () => {
    write('a.yaml', policy('a'), policy('b', 'soon'));
    write('c.yaml', policy('c'));
    await start();
    assert.equal(await policies(), 'c=30s');
    write('a.yaml', policy('a'), policy('b'));
    await until('a=30s b=30s c=30s');
  });

  it('a file that is still being written is not taken by halves', async () => {
    write('a.yaml', policy('a'), policy('b'));
    const time = manualClock();
    let pauses = 0;
    const clock: Clock = {
      ...time,
      after(delayMs, task) {
        if (delayMs === SETTLE_MS) pauses += 1;
        return time.after(delayMs, task);
      },
    };
    const store = createMemoryStore('test');
    const admission = crdAdmission();
    const source = createManifestSource({
      ...{ dir, store, admission, clock, settleMs: SETTLE_MS, pollMs: NEVER_POLLED_MS },
      door: createObjectDoor({ store, admission, clock, randomUuid: randomUUID }),
      logger: createLogger({ name: 'test', level: 'silent' }),
      registry: new Registry(),
    });
    const removed: string[] = [];
    store.watch(0, ({ ops }) => {
      for (const { op, key } of ops)
        if (op === 'delete' && key.startsWith('obj')) removed.push(key);
    });
    const timeOf = (name: string) => {
      const entry = store.get(`objects/agentgateway.dev/agentgatewaypolicies/default/${name}`);
      return (entry?.value as PolicyObject | undefined)?.spec.frontend.tcp.keepalive.time;
    };
    /** Lets time pass until both have the value. */
    const settle = (expected: string): Promise<void> =>
      eventually(() => {
        time.advance(SETTLE_MS);
        assert.deepEqual([timeOf('a'), timeOf('b')], [expected, expected]);
      });
    try {
      const started = source.start();
      await settle('30s');
      await started;
      const before = pauses;
      write('a.yaml', policy('a', '60s'));
      // The half was looked at, and nothing can happen before time passes; by then the file is whole.
      await eventually(() => assert.ok(pauses > before, 'pauses > before'));
      write('a.yaml', policy('a', '60s'), policy('b', '60s'));
      await settle('60s');
      assert.deepEqual(removed, []);
    } finally {
      const stopped = source.stop();
      time.advance(SETTLE_MS);
      await stopped;
      await store.close();
    }
  });

  it('a mounted ConfigMap is swapped as the kubelet does it', async () => {
    const version = (name: string, time: string): void => {
      mkdirSync(join(dir, name));
      writeFileSync(join(dir, name, 'p.yaml'), policy('p', time));
    };
    version('..2026_1', '30s');
    symlinkSync('..2026_1', join(dir, '..data'));
    symlinkSync('..data/p.yaml', join(dir, 'p.yaml'));
    await start();
    assert.equal(await policies(), 'p=30s');
    version('..2026_2', '60s');
    symlinkSync('..2026_2', join(dir, '..data_tmp'));
    renameSync(join(dir, '..data_tmp'), join(dir, '..data'));
    rmSync(join(dir, '..2026_1'), { recursive: true });
    await until('p=60s');
  });

  it('what vanished while nothing ran is removed at the next start, and nothing else', async () => {
    write('a.yaml', policy('a'));
    write('b.yaml', policy('b'));
    const first = await start({}, { storeKind: 'lmdb' });
    await first.apply(apiPolicy('mine'));
    await until('a=30s b=30s mine=30s');
    await first.stop();
    unlinkSync(join(dir, 'b.yaml'));
    write('a.yaml', policy('a', '60s'));
    await start({}, { storeKind: 'lmdb', dataDir: first.dataDir });
    assert.equal(await policies(), 'a=60s mine=30s');
  });

  it("without the flag its objects are the API's for the taking", async () => {
    write('a.yaml', policy('a'));
    const first = await start({}, { storeKind: 'lmdb' });
    await first.stop();
    plane = await startTestControlPlane({ storeKind: 'lmdb', dataDir: first.dataDir });
    await plane.apply(apiPolicy('a', '61s'));
    assert.equal(await policies(), 'a=61s');
  });

  it('a folder that goes away, or is empty, removes nothing; it is found again without a watch', async () => {
    write('a.yaml', policy('a'));
    write('b.yaml', policy('b'));
    await start({ pollMs: 20 });
    renameSync(dir, `${dir}.away`);
    await eventually(async () =>
      assert.equal(await metric('heartline_manifest_folder_readable'), '0'),
    );
    assert.equal(await policies(), 'a=30s b=30s');
    mkdirSync(dir);
    await eventually(async () =>
      assert.deepEqual(
        [
          await metric('heartline_manifest_folder_readable'),
          await metric('heartline_manifest_removals_held_back'),
        ],
        ['1', '1'],
      ),
    );
    assert.equal(await policies(), 'a=30s b=30s');
    write('a.yaml', policy('a', '60s'));
    await until('a=60s');
    const said = warnings().map(({ msg }) => msg);
    assert.deepEqual(said, [
      'manifest folder cannot be read; all is kept',
      'objects that are not in the manifest folder are kept',
    ]);
  });

  it('a file that something writes all the time does not keep the control plane from starting', async () => {
    write('busy.yaml', '# 0');
    let count = 0;
    const scribble = setInterval(() => {
      count += 1;
      write('busy.yaml', `# ${count}`);
    }, 1);
    try {
      await start({ settleMs: 5, pollMs: 20 });
      assert.equal(await policies(), '');
    } finally {
      clearInterval(scribble);
    }
    write('busy.yaml', policy('a'));
    await until('a=30s');
  });

  it('a folder that was never there stops nothing', async () => {
    rmSync(dir, { recursive: true });
    await start({ pollMs: 20 });
    assert.equal(await policies(), '');
    mkdirSync(dir);
    write('a.yaml', policy('a'));
    await until('a=30s');
  });

  it('keeps its objects from the API and leaves those of the API alone, each time naming the owner', async () => {
    write('a.yaml', policy('a'));
    const { apply, get, delete: remove } = await start({ pollMs: 20 });
    const refused = await remove({
      kind: 'AgentgatewayPolicy',
      metadata: { name: 'a', namespace: 'default' },
    });
    assert.equal(refused.status, 409);
    const { message } = refused.body as { readonly message: string };
    assert.match(message, /"a".* belongs to the manifest file .*\/a\.yaml: change the file/);
    await apply(apiPolicy('mine'));
    write('b.yaml', policy('mine', '60s'), policy('b'));
    await eventually(async () =>
      assert.equal(await metric('heartline_manifest_files{state="refused"}'), '1'),
    );
    assert.equal(await policies(), 'a=30s mine=30s');
    const said = warnings().filter(({ msg }) => msg.startsWith('manifest file refused'));
    assert.match(String(said[0]?.['problems']), /"mine".* belongs to the API/);
    // The owner lets go: the file is taken without being touched.
    await remove({ kind: 'AgentgatewayPolicy', metadata: { name: 'mine', namespace: 'default' } });
    await until('a=30s b=30s mine=60s');
    assert.equal((await get(`${POLICIES}/b`)).status, 200);
  });
});

/** The same policy as a client of the API sends it. */
function apiPolicy(name: string, time = '30s') {
  return {
    apiVersion: 'agentgateway.dev/v1alpha1',
    kind: 'AgentgatewayPolicy',
    metadata: { name, namespace: 'default' },
    spec: {
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'g' }],
      frontend: { tcp: { keepalive: { time, interval: '5s', retries: 3 } } },
    },
  };
}
