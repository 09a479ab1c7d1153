// SPDX-License-Identifier: Apache-2.0
import { compileGateway } from '../../../control-plane/compile/compile-gateway.js';
import { createRouteMemo } from '../../../control-plane/compile/route-memo.js';
import type { JsonValue } from '../../../control-plane/log/transaction.js';
import {
  createTargetIndex,
  type TargetIndex,
} from '../../../control-plane/reconcile/target-index.js';
import type { GatewayRelease } from '../../../control-plane/release/gateway-release.js';
import { publishVersion } from '../../../control-plane/release/release.js';
import { planReleaseOps } from '../../../control-plane/release/release-record.js';
import { createSnapshotBuilder } from '../../../control-plane/snapshot/build-snapshot.js';
import type { Snapshot } from '../../../control-plane/snapshot/snapshot.js';
import { diffSets } from '../../../control-plane/xds/difference.js';
import { loadWire } from '../../../shared/proto/wire.js';
import { median, quantile } from '../support/statistics.js';
import { backend, gateway, type NamedObject, policy, route } from './world.js';

/**
 * What compiling costs: a whole fleet at once, one change in it, and one change of a gateway by the number
 * of resources in its snapshot, stage by stage. Pure work in one process: no store, no socket.
 */
const GATEWAYS = 10_000;
const PER_NAMESPACE = 100;
const WHOLE_ROUNDS = 7;
const CHANGES = 2_000;
const WHOLE_LIMIT_MS = 150;
const CHANGE_LIMIT_US = 25;
const SIZES = [10, 100, 1_000, 10_000];
const SIZE_CHANGES = 40;

const memo = createRouteMemo();
const buildSnapshot = createSnapshotBuilder(loadWire().resource.encode);

interface Place {
  readonly namespace: string;
  readonly name: string;
}

function places(): Place[] {
  return Array.from({ length: GATEWAYS }, (_, at) => ({
    namespace: `team-${Math.floor(at / PER_NAMESPACE)}`,
    name: `gateway-${at % PER_NAMESPACE}`,
  }));
}

function put(index: TargetIndex, { ref, object }: NamedObject): void {
  index.update(ref, object);
}

function timeMs(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function measureFleet(): void {
  const all = places();
  const index = createTargetIndex();
  const filled = timeMs(() => {
    for (const { namespace, name } of all) {
      put(index, gateway(namespace, name));
      put(index, policy(namespace, name, 30));
    }
  });
  const snapshots = new Map<string, Snapshot>();
  const whole = Array.from({ length: WHOLE_ROUNDS }, () =>
    timeMs(() => {
      for (const place of all) compileGateway(index.inputOf(place), memo);
    }),
  );
  const encoded = timeMs(() => {
    for (const place of all) snapshots.set(idOf(place), build(index, place, undefined));
  });
  console.log(`fleet of ${GATEWAYS} gateways x 3 listeners, ${GATEWAYS} policies`);
  console.log(`  index filled            ${filled.toFixed(0)} ms`);
  console.log(
    `  compiled, first / median ${whole[0]?.toFixed(0)} / ${median(whole.slice(1)).toFixed(0)} ms   to reach ${WHOLE_LIMIT_MS}`,
  );
  console.log(`  compiled, encoded, hashed ${encoded.toFixed(0)} ms`);
  measureChange(all, index, snapshots);
}

function measureChange(
  all: readonly Place[],
  index: TargetIndex,
  snapshots: Map<string, Snapshot>,
): void {
  const compileUs: number[] = [];
  const wholeUs: number[] = [];
  for (let n = 0; n < CHANGES; n += 1) {
    const place = all[(n * 7_919) % all.length] as Place;
    const { ref, object } = policy(place.namespace, place.name, 31 + (n % 1000));
    const previous = snapshots.get(idOf(place));
    const start = performance.now();
    index.update(ref, object);
    const input = index.inputOf(place);
    const { resources } = compileGateway(input, memo);
    compileUs.push((performance.now() - start) * 1000);
    const ref3 = { cluster: 'local', ...place };
    snapshots.set(idOf(place), buildSnapshot({ gateway: ref3, resources, previous }));
    wholeUs.push((performance.now() - start) * 1000);
  }
  const show = (sample: number[]): string =>
    `${median(sample).toFixed(1)} / ${quantile(sample, 0.99).toFixed(1)} µs`;
  console.log(`one change, p50 / p99 of ${CHANGES}`);
  console.log(`  index and compile       ${show(compileUs)}   to reach ${CHANGE_LIMIT_US}`);
  console.log(`  and encoded, hashed     ${show(wholeUs)}`);
}

function build(index: TargetIndex, place: Place, previous: Snapshot | undefined): Snapshot {
  const { resources } = compileGateway(index.inputOf(place), memo);
  return buildSnapshot({ gateway: { cluster: 'local', ...place }, resources, previous });
}

const idOf = ({ namespace, name }: Place): string => `${namespace}/${name}`;

const STAGES = ['index', 'compile', 'snapshot', 'release', 'difference'] as const;
type Stages = Record<(typeof STAGES)[number], number>;

/** One gateway with about `size` resources; one of its routes changes each time. */
function measureSize(size: number): Stages {
  const place = { namespace: 'one', name: 'large' };
  const index = createTargetIndex();
  put(index, gateway(place.namespace, place.name));
  put(index, backend(place.namespace));
  for (let n = 0; n < size; n += 1) put(index, route(place.namespace, place.name, n));
  const stored = new Map<string, JsonValue>();
  let snapshot = build(index, place, undefined);
  let release = store(stored, undefined, snapshot);
  const samples: Record<string, number[]> = {};
  for (let n = 0; n < SIZE_CHANGES; n += 1) {
    const changed = route(place.namespace, `large`, (n * 7) % size);
    const at = performance.now();
    const spec = changed.object.spec as { rules: { matches: { path: { value: string } }[] }[] };
    for (const { matches } of spec.rules) for (const { path } of matches) path.value += `-${n}`;
    const marks = [at];
    index.update(changed.ref, changed.object);
    marks.push(performance.now());
    const { resources } = compileGateway(index.inputOf(place), memo);
    marks.push(performance.now());
    const next = buildSnapshot({ gateway: snapshot.gateway, resources, previous: snapshot });
    marks.push(performance.now());
    release = store(stored, release, next);
    marks.push(performance.now());
    const { resources: sent } = diffSets(snapshot, next);
    marks.push(performance.now());
    if (sent.length !== 1) throw new Error(`${sent.length} resources differ, not 1`);
    snapshot = next;
    for (const [i, stage] of STAGES.entries()) {
      samples[stage] ??= [];
      samples[stage].push((marks[i + 1] as number) - (marks[i] as number));
    }
  }
  return Object.fromEntries(STAGES.map((stage) => [stage, median(samples[stage] ?? [])])) as Stages;
}

/** Plans the version's operations and carries them out on a map, as the store would. */
function store(
  stored: Map<string, JsonValue>,
  before: GatewayRelease | undefined,
  snapshot: Snapshot,
): GatewayRelease {
  const cause = { time: 0, author: 'bench', reason: 'bench' };
  const publication = publishVersion(before, snapshot, cause);
  for (const op of planReleaseOps((key) => stored.get(key), publication, snapshot, 0)) {
    if (op.op === 'put') stored.set(op.key, op.value);
    else stored.delete(op.key);
  }
  return publication.release;
}

function measureSizes(): void {
  console.log(`one changed route, by resources in the snapshot, median of ${SIZE_CHANGES}, ms`);
  console.log(`  ${['resources', ...STAGES, 'total'].map((one) => one.padStart(10)).join('')}`);
  for (const size of SIZES) {
    const stages = measureSize(size);
    const total = STAGES.reduce((sum, stage) => sum + stages[stage], 0);
    const cells = [...STAGES.map((stage) => stages[stage]), total].map((ms) =>
      ms.toFixed(2).padStart(10),
    );
    const bar = '#'.repeat(Math.max(1, Math.round(total)));
    console.log(`  ${String(size).padStart(10)}${cells.join('')}  ${bar}`);
  }
}

measureFleet();
measureSizes();
