// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { DeltaDiscoveryResponse__Output as Response } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import { loadWire } from '../../shared/proto/wire.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import {
  backendOf,
  bindOf,
  GATEWAY,
  guideTcpPolicy,
  listenerOf,
  type NamedResource,
  policyOf,
  receivedResource,
  routeOf,
} from '../../test/support/wire-resources.js';
import type { EndpointTable, Plan } from '../engine/plan.js';
import type { ApplyReport } from '../engine/report.js';
import { ApplyLoop } from './apply-loop.js';
import { type LastGood, parseLastGood, renderLastGood } from './last-good-format.js';

const wire = loadWire();

interface RunningApply {
  readonly plan: Plan;
  settle(report?: Partial<ApplyReport>): void;
}

/** The loop with an engine whose reports the test gives. */
function startLoop() {
  const applies: RunningApply[] = [];
  const saved: LastGood[] = [];
  let rejected = 0;
  const tables: EndpointTable[] = [];
  const later: (() => LastGood)[] = [];
  const loop = new ApplyLoop({
    engine: {
      setEndpoints: (table) => void tables.push(table),
      apply: (plan) =>
        new Promise((resolve) => {
          const done: ApplyReport = {
            version: plan.version,
            errors: [],
            warnings: [],
            listenersMs: 0,
            verifiedMs: 0,
          };
          applies.push({ plan, settle: (report) => resolve({ ...done, ...report }) });
        }),
    },
    wire,
    gateway: GATEWAY,
    systemKeepalive: { enabled: false, idleSeconds: 7200, intervalSeconds: 75, probes: 9 },
    logger: createLogger({ name: 't', level: 'silent' }),
    onInForce: (lastGood) => saved.push(lastGood),
    onEndpoints: (make) => void later.push(make),
    onRejected: (count) => {
      rejected += count;
    },
  });
  /** The n-th call of apply, from 0. */
  const applied = (index: number): RunningApply => {
    const found = applies[index];
    assert.ok(found, `${applies.length} applies so far`);
    return found;
  };
  const versions = () => Object.fromEntries(loop.versions(RESOURCE_TYPE_URL));
  return { loop, applies, applied, saved, later, tables, versions, rejected: () => rejected };
}

function response(label: string, ...resources: readonly NamedResource[]): Response {
  return {
    systemVersionInfo: label,
    typeUrl: RESOURCE_TYPE_URL,
    resources: resources.map((named) => receivedResource(wire.resource, named, label)),
    removedResources: [],
    removedResourceNames: [],
    resourceErrors: [],
  };
}

const lines = (diagnostics: readonly { key: string; severity: string; message: string }[]) =>
  diagnostics.map(({ key, severity, message }) => `${severity} ${key}: ${message}`);

describe('from a response to its answer', () => {
  it('applies before it returns, answers when the engine has reported, then keeps the version', async () => {
    const { loop, applied, saved, versions } = startLoop();
    const answer = loop.handle(response('1-a', bindOf(8080), guideTcpPolicy()));
    assert.equal(applied(0).plan.version, '1-a');
    assert.equal(applied(0).plan.binds[0]?.tcp.idleSeconds, 30);
    assert.equal(saved.length, 0);
    applied(0).settle();
    assert.deepEqual(await answer, []);
    assert.deepEqual(versions(), { [bindOf(8080).name]: '1-a', [guideTcpPolicy().name]: '1-a' });
    assert.deepEqual(
      saved.map(({ label, resources, gateway }) => [label, resources.length, gateway]),
      [['1-a', 2, 'httpbin/agentgateway-proxy']],
    );
  });

  it('applies nothing when nothing changed, but waits for what is running', async () => {
    const { loop, applies, applied, saved } = startLoop();
    const first = loop.handle(response('1-a', bindOf(8080)));
    const second = loop.handle(response('1-a'));
    applied(0).settle();
    await Promise.all([first, second]);
    assert.deepEqual([applies.length, saved.length], [1, 1]);
    const relabelled = loop.handle(response('2-a'));
    applied(1).settle();
    await relabelled;
    assert.equal(applied(1).plan.version, '2-a');
  });

  it('refuses item by item and applies the rest', async () => {
    const { loop, applied, rejected } = startLoop();
    const bad = policyOf('bad', { tcp: { keepalives: { retries: 500 } } });
    const answer = loop.handle(response('1-a', bindOf(8080), bad));
    applied(0).settle();
    assert.deepEqual(lines(await answer), [
      `error ${bad.name}: frontend.tcp.keepalives.retries is 500; TCP_KEEPCNT takes 1 to 127`,
    ]);
    assert.equal(rejected(), 1);
  });

  it("passes the engine's warnings on under the name of the resource", async () => {
    const { loop, applied } = startLoop();
    const { name, resource } = bindOf(8080);
    const answer = loop.handle(response('1-a', { name: 'any-name', resource }));
    applied(0).settle({ warnings: [{ key: resource.bind?.key ?? '', message: 'EADDRINUSE' }] });
    assert.notEqual(name, 'any-name');
    assert.deepEqual(lines(await answer), ['warn any-name: EADDRINUSE']);
  });

  it('warns only about what the response carried', async () => {
    const { loop, applied } = startLoop();
    const first = loop.handle(response('1-a', routeOf('r')));
    applied(0).settle();
    assert.equal((await first).length, 1);
    const second = loop.handle(response('2-b', bindOf(8080)));
    applied(1).settle();
    assert.deepEqual(await second, []);
  });

  it('keeps only the newest version when one overtakes another', async () => {
    const { loop, applied, saved } = startLoop();
    const older = loop.handle(response('1-a', bindOf(8080)));
    const newer = loop.handle(response('2-b', guideTcpPolicy()));
    applied(0).settle();
    await older;
    assert.equal(saved.length, 0);
    applied(1).settle();
    await newer;
    assert.deepEqual(
      saved.map(({ label }) => label),
      ['2-b'],
    );
  });

  it('refuses the policy that the kernel refused, and goes back to the one before', async () => {
    const { loop, applied, versions, saved } = startLoop();
    const first = loop.handle(response('1-a', bindOf(8080), guideTcpPolicy(30)));
    applied(0).settle();
    await first;
    const second = loop.handle(response('2-b', guideTcpPolicy(60), listenerOf('http', 8080)));
    applied(1).settle({
      errors: [{ key: '8080/httpbin/agentgateway-proxy', message: 'setsockopt: EINVAL' }],
    });
    await Promise.resolve();
    await Promise.resolve();
    assert.equal(applied(2).plan.binds[0]?.tcp.idleSeconds, 30);
    applied(2).settle();
    assert.deepEqual(lines(await second), [`error ${guideTcpPolicy().name}: setsockopt: EINVAL`]);
    assert.equal(versions()[guideTcpPolicy().name], '1-a');
    assert.equal(versions()[listenerOf('http', 8080).name], '2-b');
    assert.equal(
      saved.at(-1)?.resources.find(({ name }) => name.startsWith('policy'))?.version,
      '1-a',
    );
  });

  it('makes a label of the content where the control plane sends none', async () => {
    const { loop, applied } = startLoop();
    void loop.handle(response('', bindOf(8080)));
    void loop.handle(response('', bindOf(8081)));
    assert.match(applied(0).plan.version, /^content-[0-9a-f]{8}$/);
    assert.notEqual(applied(0).plan.version, applied(1).plan.version);
  });

  it('keeps its label when a response without one changes nothing, and has none at the start', async () => {
    const { loop, applies, applied } = startLoop();
    void loop.handle(response(''));
    assert.equal(applied(0).plan.version, '');
    void loop.handle(response('1-a', bindOf(8080)));
    void loop.handle(response(''));
    assert.deepEqual([applies.length, loop.version], [2, '1-a']);
  });

  it('holds addresses without a plan', async () => {
    const { loop, applies } = startLoop();
    const value = wire.address.encode({ workload: { uid: 'u' } });
    const resource = { name: 'u', version: 'v', resource: { type_url: ADDRESS_TYPE_URL, value } };
    const sent = { ...response(''), typeUrl: ADDRESS_TYPE_URL };
    assert.deepEqual(await loop.handle({ ...sent, resources: [{ ...resource, aliases: [] }] }), []);
    assert.deepEqual([...loop.versions(ADDRESS_TYPE_URL)], [['u', 'v']]);
    assert.equal(applies.length, 0);
  });

  it('starts from what it kept, with the versions it had', async () => {
    const before = startLoop();
    const sent = [bindOf(8080), listenerOf('http', 8080), routeOf('r'), backendOf(1)];
    const answer = before.loop.handle(response('1-a', ...sent, guideTcpPolicy()));
    before.applied(0).settle();
    await answer;
    const after = startLoop();
    const [lastGood] = before.saved;
    assert.ok(lastGood);
    const restored = after.loop.restore(lastGood);
    after.applied(0).settle();
    await restored;
    assert.deepEqual(after.applied(0).plan, before.applied(0).plan);
    assert.deepEqual(after.versions(), before.versions());
    assert.deepEqual(await after.loop.handle(response('1-a')), []);
    assert.equal(after.applies.length, 1);
  });

  it('starts with the endpoints that it had, before the routes that need them', async () => {
    const before = startLoop();
    const workload = {
      ...{ uid: 'u', addresses: [Uint8Array.of(10, 0, 0, 1)] },
      services: { 'ns/app': { ports: [{ servicePort: 80, targetPort: 8080 }] } },
    };
    const value = wire.address.encode({ workload });
    const resource = { name: 'u', version: 'v', resource: { type_url: ADDRESS_TYPE_URL, value } };
    const resources = [{ ...resource, aliases: [] }];
    const sent = { ...response(''), typeUrl: ADDRESS_TYPE_URL, resources };
    await before.loop.handle(sent);
    assert.equal(before.later.length, 0, 'no version yet, so nothing to start from');
    const answer = before.loop.handle(response('1-a', bindOf(8080)));
    before.applied(0).settle();
    await answer;
    await before.loop.handle(sent);
    const lastGood = parseLastGood(
      renderLastGood(before.later[0]?.() ?? assert.fail()),
      'httpbin/agentgateway-proxy',
    );
    assert.ok('resources' in lastGood);
    const after = startLoop();
    const restored = after.loop.restore(lastGood);
    assert.deepEqual(after.tables.at(-1), before.tables.at(-1));
    assert.equal(after.tables.at(-1)?.get('ns/app')?.[0]?.host, '10.0.0.1');
    after.applied(0).settle();
    await restored;
    assert.deepEqual([...after.loop.versions(ADDRESS_TYPE_URL)], [['u', 'v']]);
  });
});
