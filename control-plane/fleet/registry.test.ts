// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventBody, InForceCounts, WorkerRef } from '../../shared/events/event.js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { handMadeSource } from '../../test/support/hand-made-source.js';
import { snapshotOf, TEST_GATEWAY } from '../../test/support/resource-sets.js';
import { createMemoryBus } from '../bus/memory-bus.js';
import { createFleetRegistry } from './registry.js';
import { workerRef } from './worker-key.js';
import type { WorkerView } from './worker-view.js';

const START_MS = 1_700_000_000_000;
const typeUrl = RESOURCE_TYPE_URL;
const NO_CONNECTIONS: InForceCounts = {
  ...{ open: 0, inForce: 0, settling: 0, deferred: 0 },
  ...{ settingsPending: 0, failed: 0, unverified: 0, newOnly: 0, drifted: 0 },
};

/** A registry whose events a test writes in short words. */
function stage() {
  const clock = manualClock(START_MS);
  const logger = createLogger({ name: 'test', level: 'silent' });
  const bus = createMemoryBus({ source: 'test', clock, logger });
  const source = handMadeSource();
  const registry = createFleetRegistry({
    ...{ bus, clock, source },
    ledger: { standing: () => [] },
  });
  const label = (number: number): string => snapshotOf({ a: String(number) }, number).label;
  const tell = (body: EventBody): void => void bus.publish(body);
  const worker = workerRef('worker', TEST_GATEWAY, 'w0');
  return {
    ...{ clock, registry, source, label, worker },
    publish: (number: number, exists = true) =>
      source.publish(snapshotOf({ a: String(number) }, number), exists),
    connect: (who: WorkerRef = worker) =>
      tell({
        type: 'worker-connected',
        worker: who,
        pod: { namespace: 'pods', name: who.nodeId },
        address: '10.0.0.1:4000',
        build: 'heartline/1',
      }),
    lose: (who = worker) => tell({ type: 'worker-lost', worker: who, reason: 'gone' }),
    sent: (number: number) =>
      tell({ type: 'sent', worker, typeUrl, label: label(number), resources: 1, removed: 0 }),
    accepted: (number: number, who = worker) =>
      tell({ type: 'accepted', worker: who, typeUrl, label: label(number), warnings: [] }),
    rejected: (number: number, message: string) =>
      tell({
        ...{ type: 'rejected', worker, typeUrl, label: label(number), warnings: [] },
        problems: [{ resource: 'policy/p', message }],
      }),
    addressAccepted: () =>
      tell({ type: 'accepted', worker, typeUrl: ADDRESS_TYPE_URL, label: '', warnings: [] }),
    reports: (number: number, inForce: boolean, who = worker, errors: string[] = []) =>
      tell({
        ...{ type: 'in-force', worker: who, label: label(number), inForce },
        sinceMs: inForce ? clock.wallMs() - 5 : 0,
        counts: NO_CONNECTIONS,
        listenerErrors: errors.map((message) => ({ resource: 'bind/80/httpbin/gw', message })),
      }),
    row(): WorkerView {
      const [view] = registry.views();
      assert.ok(view !== undefined, 'no worker');
      return view;
    },
  };
}

type Stage = ReturnType<typeof stage>;

/** Steps are played one after the other. */
type Step = (stage: Stage) => unknown;

const accepted =
  (number: number): Step =>
  (s) =>
    s.accepted(number);
const rejected: Step = (s) => s.rejected(1, 'bad');
const reports =
  (number: number, inForce: boolean): Step =>
  (s) =>
    s.reports(number, inForce);
const publish =
  (number: number, exists = true): Step =>
  (s) =>
    s.publish(number, exists);

const states: readonly [name: string, steps: readonly Step[], state: string][] = [
  ['just connected', [], 'Connected'],
  ['sent and not accepted', [(s) => s.sent(1)], 'Connected'],
  ['accepted, no report stream', [accepted(1)], 'InSync'],
  ['accepted and in force', [accepted(1), reports(1, true)], 'InSync'],
  ['accepted, not in force yet', [accepted(1), reports(1, false)], 'Behind'],
  ['an older version in force', [publish(2), accepted(2), reports(1, true)], 'Behind'],
  ['a newer version is wanted', [accepted(1), reports(1, true), publish(2)], 'Behind'],
  ['rejected', [accepted(1), rejected], 'Rejected'],
  ['accepted after a rejection', [rejected, accepted(1)], 'InSync'],
  ['another type says nothing', [rejected, (s) => s.addressAccepted()], 'Rejected'],
  ['its gateway is gone', [accepted(1), publish(2, false)], 'Orphaned'],
  ['lost', [accepted(1), (s) => s.lose()], 'Lost'],
  ['back', [accepted(1), (s) => s.lose(), (s) => s.connect()], 'Connected'],
  [
    'its reports fell silent',
    [accepted(1), reports(1, false), (s) => s.clock.advance(90_001)],
    'InSync',
  ],
];

describe('state of a worker', () => {
  for (const [name, steps, state] of states) {
    test(name, () => {
      const s = stage();
      s.publish(1);
      s.connect();
      for (const step of steps) step(s);
      assert.equal(s.row().state, state);
    });
  }

  test('of a gateway nobody ever named', () => {
    const s = stage();
    s.connect();
    assert.equal(s.row().state, 'Orphaned');
    assert.equal(s.row().desired, '');
  });
});

test('sent, accepted and in force are three facts', () => {
  const s = stage();
  s.publish(3);
  s.connect();
  s.sent(3);
  s.accepted(2);
  s.reports(1, true);
  const row = s.row();
  assert.deepEqual([row.sent, row.accepted, row.inForce, row.desired], [3, 2, 1, 3].map(s.label));
  assert.equal(row.inForceSinceMs, START_MS - 5);
  assert.equal(row.connectedAtMs, START_MS);
  assert.deepEqual([row.podNamespace, row.podName, row.address], ['pods', 'w0', '10.0.0.1:4000']);
});

test('a version stays in force until another is, or until it is found not to be', () => {
  const s = stage();
  s.connect();
  s.reports(1, true);
  s.reports(2, false);
  assert.equal(s.row().inForce, s.label(1));
  s.reports(2, true);
  assert.equal(s.row().inForce, s.label(2));
  s.reports(2, false);
  assert.equal(s.row().inForce, '');
  assert.equal(s.row().inForceSinceMs, 0);
});

test('last seen moves with what the worker says, not with what we do', () => {
  const s = stage();
  s.connect();
  s.clock.advance(10);
  s.sent(1);
  assert.equal(s.row().lastSeenMs, START_MS);
  s.accepted(1);
  s.clock.advance(10);
  s.lose();
  assert.equal(s.row().lastSeenMs, START_MS + 10);
});

test('a lost worker is forgotten after an hour, a live one never', () => {
  const s = stage();
  const other = workerRef('worker', TEST_GATEWAY, 'w1');
  s.connect();
  s.connect(other);
  s.lose();
  s.clock.advance(3_600_000);
  assert.equal(s.registry.views().length, 2);
  s.clock.advance(1);
  assert.deepEqual(
    s.registry.views().map((view) => view.worker),
    [other],
  );
  assert.equal(s.registry.findLive(other.key), other);
});

test('rows are sorted, and nobody exists by a report alone', () => {
  const s = stage();
  for (const name of ['w2', 'w0', 'w1']) s.connect(workerRef('worker', TEST_GATEWAY, name));
  s.reports(1, true, workerRef('worker', TEST_GATEWAY, 'ghost'));
  assert.deepEqual(
    s.registry.views().map((view) => view.podName),
    ['w0', 'w1', 'w2'],
  );
});

test('a worker that comes back for another gateway leaves the first', () => {
  const s = stage();
  s.connect();
  const elsewhere = { ...TEST_GATEWAY, name: 'other' };
  s.connect(workerRef('worker', elsewhere, 'w0'));
  assert.equal(s.registry.gatewayFacts(TEST_GATEWAY).liveWorkers, 0);
  assert.equal(s.registry.gatewayFacts(elsewhere).liveWorkers, 1);
});

test('the roll-up of a gateway', () => {
  const s = stage();
  s.publish(1);
  const names = ['w1', 'w2', 'w3', 'w4'].map((name) => workerRef('worker', TEST_GATEWAY, name));
  for (const name of names) s.connect(name);
  const [inForce, behind, silent, lost] = names;
  for (const name of [inForce, behind, silent]) s.accepted(1, name);
  s.reports(1, true, inForce, ['EADDRINUSE']);
  s.reports(1, false, behind, ['EADDRINUSE']);
  s.lose(lost);
  s.connect();
  s.rejected(1, 'bad');
  assert.deepEqual(s.registry.gatewayFacts(TEST_GATEWAY), {
    desiredLabel: s.label(1),
    liveWorkers: 4,
    inForceWorkers: 1,
    notReportedWorkers: 1,
    rejected: [{ worker: 'pods/w0', resource: 'policy/p', message: 'bad', countedInForce: false }],
    listenerErrors: [{ listener: '80/httpbin/gw', message: 'EADDRINUSE' }],
  });
});
