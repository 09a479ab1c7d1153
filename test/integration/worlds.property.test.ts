// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { createMemoryBus } from '../../control-plane/bus/memory-bus.js';
import { compileGateway, type GatewayInput } from '../../control-plane/compile/compile-gateway.js';
import { createRouteMemo } from '../../control-plane/compile/route-memo.js';
import { gatewaySpec } from '../../control-plane/policy/gateway-spec.js';
import type { KubeObject } from '../../control-plane/policy/kube-object.js';
import { createReconciler, type Reconciler } from '../../control-plane/reconcile/reconciler.js';
import { createSnapshotBuilder } from '../../control-plane/snapshot/build-snapshot.js';
import type { VersionedSnapshot } from '../../control-plane/snapshot/snapshot.js';
import { createMemoryStore } from '../../control-plane/store/memory-store.js';
import { diffSets } from '../../control-plane/xds/difference.js';
import { NO_REJECTIONS } from '../../control-plane/xds/rejections.js';
import type { ResponsePlan } from '../../control-plane/xds/response-plan.js';
import {
  openSession,
  receiveRequest,
  retarget,
  type Session,
  type SessionStep,
} from '../../control-plane/xds/session.js';
import { DELTA, type TypeStream } from '../../control-plane/xds/type-stream.js';
import type { GatewayRef } from '../../shared/events/event.js';
import { formatNamespacedName } from '../../shared/names/gateway-name.js';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { loadWire } from '../../shared/proto/wire.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { type WorldChange, worldHistory, worldOps } from '../support/worlds.js';

const encode = loadWire().resource.encode;
const NAMES = ['one/left', 'one/right', 'one/missing', 'two/left', 'two/right', 'two/missing'];
const histories = worldHistory();

function gatewayOf(id: string): GatewayRef {
  const [namespace = '', name = ''] = id.split('/');
  return { cluster: 'local', namespace, name };
}

/** A worker that holds what it was sent and acknowledges everything. */
class Follower {
  readonly held = new Map<string, string>();
  #session: Session<TypeStream> = openSession('follower');
  #isOpen = false;
  readonly #head: () => VersionedSnapshot | undefined;

  constructor(head: () => VersionedSnapshot | undefined) {
    this.#head = head;
  }

  follow(): void {
    const context = this.#context();
    if (context === undefined) return;
    const lists = { resourceNamesSubscribe: [], resourceNamesUnsubscribe: [] };
    const typeUrl = RESOURCE_TYPE_URL;
    this.#take(
      this.#isOpen
        ? retarget(this.#session, typeUrl, context)
        : receiveRequest(this.#session, { typeUrl, ...lists }, context),
    );
    this.#isOpen = true;
  }

  #take(step: SessionStep<TypeStream, ResponsePlan>): void {
    this.#session = step.session;
    for (const output of step.outputs) {
      if (output.kind !== 'send') continue;
      for (const name of output.plan.removed)
        assert.ok(this.held.delete(name), `never had ${name}`);
      for (const { name, hash } of output.plan.resources) this.held.set(name, hash);
      const context = this.#context();
      assert.ok(context);
      const lists = { resourceNamesSubscribe: [], resourceNamesUnsubscribe: [] };
      const ack = { typeUrl: output.typeUrl, responseNonce: output.nonce, ...lists };
      this.#take(receiveRequest(this.#session, ack, context));
    }
  }

  #context() {
    const set = this.#head();
    if (set === undefined) return undefined;
    return {
      protocol: DELTA,
      targetOf: () => ({ set, label: set.label, removals: true }),
      heldSet: () => undefined,
      rejectionsOf: () => NO_REJECTIONS,
      differ: diffSets,
    };
  }
}

function versionsOf(set: VersionedSnapshot | undefined): ReadonlyMap<string, string> {
  return new Map([...(set?.resources.values() ?? [])].map(({ name, hash }) => [name, hash]));
}

/** The hash of a gateway compiled from nothing, out of every object there is, given in that order. */
function hashFromScratch(id: string, objects: readonly KubeObject[]): string {
  const gateway = gatewayOf(id);
  const ofKind = (kind: string): KubeObject[] => objects.filter((object) => object.kind === kind);
  const own = ofKind('Gateway').find(
    ({ metadata }) => `${metadata.namespace}/${metadata.name}` === id,
  );
  const className = own && gatewaySpec(own).gatewayClassName;
  const gatewayClass = ofKind('GatewayClass').find(({ metadata }) => metadata.name === className);
  const { resources } = compileGateway({
    gatewayName: gateway,
    ...(own === undefined ? {} : { gateway: own }),
    ...(gatewayClass === undefined ? {} : { gatewayClass }),
    policies: ofKind('AgentgatewayPolicy'),
    httpRoutes: ofKind('HTTPRoute'),
    tcpRoutes: ofKind('TCPRoute'),
    backends: ofKind('AgentgatewayBackend'),
    services: ofKind('Service'),
    secrets: ofKind('Secret'),
    grants: ofKind('ReferenceGrant'),
  });
  return createSnapshotBuilder(encode)({ gateway, resources }).hash;
}

/** A reconciler on a memory store, driven change by change. */
function startWorld() {
  const store = createMemoryStore('world');
  const clock = manualClock(0);
  const logger = pino({ level: 'silent' });
  const bus = createMemoryBus({ source: 'world', clock, logger });
  const memo = createRouteMemo();
  const compile = (input: GatewayInput) => compileGateway(input, memo);
  const options = { store, bus, clock, logger, cluster: 'local', compile, encode };
  const reconciler: Reconciler = createReconciler(options);
  const objects = new Map<string, KubeObject>();
  return {
    reconciler,
    objects,
    async change(changes: readonly WorldChange[]) {
      for (const { key, object } of changes) {
        objects.delete(key);
        if (object !== undefined) objects.set(key, object);
      }
      const ops = worldOps(changes);
      await store.commit({ actor: 'world', reason: 'change', time: 0, ops });
      await reconciler.idle();
    },
    head: (id: string) => reconciler.target(gatewayOf(id), 'w')?.snapshot,
  };
}

describe('any world, changed in any way', () => {
  test('compiled change by change or from nothing, in any order: equal, and numbered once per content', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.infiniteStream(fc.nat()), async (history, randomness) => {
        const world = startWorld();
        await world.reconciler.start();
        const before = new Map<string, VersionedSnapshot | undefined>();
        for (const changes of history) {
          await world.change(changes);
          const shuffled = [...world.objects.values()]
            .map((object) => ({ object, at: randomness.next().value }))
            .sort((a, b) => a.at - b.at)
            .map(({ object }) => object);
          for (const id of NAMES) {
            const head = world.head(id);
            const was = before.get(id);
            if (head !== undefined) assert.equal(head.hash, hashFromScratch(id, shuffled), id);
            const isNew = head?.hash !== was?.hash;
            assert.equal((head?.number ?? 0) - (was?.number ?? 0), isNew ? 1 : 0, id);
            before.set(id, head);
          }
        }
        await world.reconciler.stop();
      }),
      { numRuns: 25 },
    );
  });

  test('a worker that takes every delta holds exactly the snapshot', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const world = startWorld();
        await world.reconciler.start();
        const followers = new Map(NAMES.map((id) => [id, new Follower(() => world.head(id))]));
        world.reconciler.onChange((gateway) =>
          followers.get(formatNamespacedName(gateway))?.follow(),
        );
        for (const changes of history) {
          await world.change(changes);
          for (const [id, follower] of followers) {
            assert.deepEqual([...follower.held].sort(), [...versionsOf(world.head(id))].sort());
          }
        }
        await world.reconciler.stop();
      }),
      { numRuns: 25 },
    );
  });

  test('the same objects written again make no version and wake nobody', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const world = startWorld();
        await world.reconciler.start();
        for (const changes of history) await world.change(changes);
        const labels = NAMES.map((id) => world.head(id)?.label);
        world.reconciler.onChange(({ name }) => assert.fail(`${name} was told`));
        const again = [...world.objects].map(([key, object]) => ({ key, object }));
        await world.change(
          again.map(({ key, object }) => ({ key, object: structuredClone(object) })),
        );
        assert.deepEqual(
          NAMES.map((id) => world.head(id)?.label),
          labels,
        );
        await world.reconciler.stop();
      }),
      { numRuns: 15 },
    );
  });
});
