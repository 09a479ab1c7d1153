// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { loadWire } from '../../shared/proto/wire.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import {
  type ControlPlaneStub,
  type StubFleetStream,
  startControlPlaneStub,
} from '../../test/support/control-plane-stub.js';
import { eventually } from '../../test/support/eventually.js';
import type { EngineSummary } from '../engine/report.js';
import { connectGrpc } from './connection.js';
import { startReporter } from './reporter.js';

const wire = loadWire();

const IN_FORCE: EngineSummary = {
  version: '1-a',
  inForce: true,
  inForceSinceMs: 5,
  open: 0,
  inForceConnections: 0,
  settling: 0,
  deferred: 0,
  settingsPending: 0,
  failed: 0,
  unverified: 0,
  newOnly: 0,
  drifted: 0,
  listeners: [],
};

async function startReporting(t: TestContext, fleet = true) {
  const stub = await startControlPlaneStub(wire, { fleet });
  const connection = connectGrpc({
    address: stub.address,
    ping: { everyMs: 15_000, timeoutMs: 10_000 },
  });
  const clock = manualClock(1_700_000_000_000);
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  let summary = IN_FORCE;
  let foreign = 0;
  const stop = startReporter(
    {
      identity: {
        pod: { namespace: 'agentgateway-system', name: 'gw-0' },
        gateway: { namespace: 'httpbin', name: 'gw' },
        cluster: 'local',
        instanceIp: '127.0.0.1',
        nodeName: '',
        build: '0.1.0',
      },
      startedAtMs: 7,
      place: () => ({
        ...{ nodeName: 'machine-1', podIp: '127.0.0.15' },
        ...{ adminPort: 15000, statsPort: 15020, readinessPort: 15021 },
      }),
      openTunnels: () => ({ receive: () => undefined, close: () => undefined }),
      engine: {
        summary: () => summary,
        onChange(listener) {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      wire,
      clock,
      random: () => 0,
      logger: createLogger({ name: 't', destination: { write: (line) => void lines.push(line) } }),
      headers: () => new Map(),
      onForeign: () => {
        foreign += 1;
      },
    },
    connection,
  );
  t.after(() => {
    stop();
    connection.close();
    stub.stop();
  });
  const change = (more: Partial<EngineSummary>): void => {
    summary = { ...summary, ...more };
    for (const listener of listeners) listener();
  };
  return { stub, clock, lines, change, stop, listeners, foreign: () => foreign };
}

async function fleetStream(stub: ControlPlaneStub): Promise<StubFleetStream> {
  return eventually(() => {
    const [stream] = stub.fleet;
    assert.ok(stream, 'stream');
    return stream;
  });
}

/** Versions of the reports so far, with their sequence. */
function reports({ messages }: StubFleetStream): string[] {
  return messages.flatMap(({ inForce }) =>
    inForce === undefined ? [] : `${inForce.sequence} ${inForce.version} ${inForce.inForce}`,
  );
}

describe('the fleet stream of a worker', () => {
  it('opens with Hello and reports once it is welcome', async (t) => {
    const { stub } = await startReporting(t);
    const stream = await fleetStream(stub);
    await eventually(() => assert.equal(stream.messages.length, 2));
    assert.deepEqual(stream.messages[0]?.hello, {
      nodeId:
        'agentgateway~127.0.0.1~gw-0.agentgateway-system~agentgateway-system.svc.cluster.local',
      cluster: 'local',
      gatewayNamespace: 'httpbin',
      gatewayName: 'gw',
      build: '0.1.0',
      podNamespace: 'agentgateway-system',
      podName: 'gw-0',
      startedAtUnixMs: 7,
      nodeName: 'machine-1',
      podIp: '127.0.0.15',
      maxTunnels: 32,
      adminPort: 15000,
      statsPort: 15020,
      readinessPort: 15021,
    });
    const report = stream.messages[1]?.inForce;
    assert.deepEqual(
      [report?.sessionId, report?.sequence, report?.observedAtUnixMs, report?.inForceSinceUnixMs],
      ['session-1', 1, 1_700_000_000_000, 5],
    );
  });

  it('reports a change at most once a second, with the newest values, and every 30 s', async (t) => {
    const { stub, clock, change } = await startReporting(t);
    const stream = await fleetStream(stub);
    await eventually(() => assert.deepEqual(reports(stream), ['1 1-a true']));
    change({ version: '2-b', inForce: false });
    clock.advance(999);
    change({ version: '3-c', inForce: true });
    clock.advance(1);
    await eventually(() => assert.deepEqual(reports(stream), ['1 1-a true', '2 3-c true']));
    clock.advance(29_999);
    assert.equal(clock.pending(), 1);
    clock.advance(1);
    await eventually(() => assert.equal(reports(stream).at(-1), '3 3-c true'));
  });

  it('waits a moment for a change to be in force', async (t) => {
    const { stub, clock, change } = await startReporting(t);
    const stream = await fleetStream(stub);
    await eventually(() => assert.equal(reports(stream).length, 1));
    clock.advance(5000);
    change({ version: '2-b', inForce: false });
    clock.advance(50);
    change({ inForce: true });
    clock.advance(50);
    await eventually(() => assert.equal(reports(stream).at(-1), '2 2-b true'));
  });

  it('ends quietly with a control plane that has none', async (t) => {
    const { lines, foreign, clock, listeners } = await startReporting(t, false);
    await eventually(() => assert.equal(foreign(), 1));
    clock.advance(60_000);
    assert.deepEqual([lines, clock.pending(), listeners.size], [[], 0, 0]);
  });

  it('leaves nothing behind when it is stopped', async (t) => {
    const { stub, stop, clock, listeners } = await startReporting(t);
    const stream = await fleetStream(stub);
    await eventually(() => assert.equal(reports(stream).length, 1));
    stop();
    assert.deepEqual([clock.pending(), listeners.size], [0, 0]);
  });
});
