// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CloseCause } from '../../dataplane/engine/report.js';
import { nowMs } from '../support/machine-clock.js';
import { type ControlGroup, openControlGroup } from '../support/network-lab/control-group.js';
import { type LabBackend, startLabBackend } from '../support/network-lab/lab-backend.js';
import {
  connectClient,
  connectSession,
  connectWebsocket,
  type LabClient,
  type Origin,
} from '../support/network-lab/lab-clients.js';
import type { ClosedNotice } from '../support/network-lab/lab-messages.js';
import {
  bindKeyOf,
  keepaliveOf,
  type LabBind,
  LabPlan,
  limitMsOf,
  OFF,
  QUICK,
} from '../support/network-lab/lab-plan.js';
import type { LabWorker } from '../support/network-lab/lab-worker.js';
import { CANNOT_MAKE_NAMESPACES } from '../support/network-lab/namespaces.js';
import {
  FAMILIES,
  type Family,
  type NetworkLab,
  openNetworkLab,
} from '../support/network-lab/network-lab.js';

/** Later than this is a fault; the exact windows are figures of `npm run bench -- deadpeer`. */
const SLACK_MS = 1000;
/** Bind key of upstream connections in metrics. */
const UPSTREAM = '';

describe('dead peers', { skip: CANNOT_MAKE_NAMESPACES }, () => {
  let lab: NetworkLab;
  let worker: LabWorker;
  let plan: LabPlan;
  let backend: LabBackend;
  let control: ControlGroup | undefined;
  const doomed: LabBackend[] = [];

  before(async () => {
    lab = await openNetworkLab();
    worker = await lab.startWorker();
    plan = new LabPlan((next) => worker.apply(next), QUICK);
    backend = await startLabBackend();
    control = await openControlGroup({ lab, plan, backendPort: backend.port });
  });
  after(async () => {
    control?.destroy();
    for (const client of opened) client.destroy();
    await lab.close();
    await Promise.all([backend, ...doomed].map((each) => each.close()));
  });

  /** A listener whose backend is at the far end; its values can be changed by putting it again. */
  async function listen(
    family: Family,
    name: string,
    bind: Partial<LabBind>,
  ): Promise<{ origin: Origin; change: (next: Partial<LabBind>) => Promise<unknown> }> {
    const host = lab.address('far', family);
    const whole = {
      name,
      protocol: 'http',
      backend: { host, port: backend.port },
      ...bind,
    } as const;
    const [port = 0] = await plan.put(whole);
    return {
      origin: { host: lab.address('near', family), port },
      change: (next) => plan.put({ ...whole, ...next }),
    };
  }

  interface Death {
    /** No packet of it arrived later than this. */
    readonly cutMs: number;
    /** A packet of it arrived at this time or later. */
    readonly heardMs: number;
  }

  const opened: LabClient[] = [];
  async function open(opening: Promise<LabClient>): Promise<LabClient> {
    const client = await opening;
    opened.push(client);
    return client;
  }

  function cut(client: LabClient): Death {
    const heardMs = client.lastSentMs;
    lab.cut(client.port);
    return { cutMs: nowMs(), heardMs };
  }

  interface Window {
    readonly limitMs: number;
    /** Default: the limit. */
    readonly earliestMs?: number;
  }

  function assertWindow({ atMs }: ClosedNotice, death: Death, window: Window): void {
    const { limitMs, earliestMs = limitMs } = window;
    const longestMs = Math.round(atMs - death.heardMs);
    const shortestMs = Math.round(atMs - death.cutMs);
    assert.ok(longestMs >= earliestMs, `early: after ${longestMs} ms, not ${earliestMs}`);
    assert.ok(shortestMs <= limitMs + SLACK_MS, `late: after ${shortestMs} ms, not ${limitMs}`);
  }

  /** Orphans included. */
  function assertForgotten(farPort: number): void {
    const left = lab.sockets().filter(({ peerPort }) => peerPort === farPort);
    assert.deepEqual(left, [], 'the kernel has forgotten it');
  }

  interface Finding extends Window {
    /** Of the listener, on which nothing else ends. */
    readonly name: string;
    readonly cause: CloseCause;
  }

  /** Found within its window, booked under its cause alone, listed no more, and gone from the kernel. */
  async function assertFound(client: LabClient, death: Death, finding: Finding): Promise<void> {
    assertWindow(await worker.whenClosed(client.port), death, finding);
    assertForgotten(client.port);
    assert.deepEqual(await worker.causes(bindKeyOf(finding.name)), { [finding.cause]: 1 });
    const peers = (await worker.connections()).map(({ peer }) => peer);
    assert.equal(
      peers.some((peer) => peer.endsWith(`:${client.port}`)),
      false,
    );
  }

  /** A client whose request was answered by a backend of its own. */
  async function doom(
    family: Family,
    protocol: LabBind['protocol'],
    fate = 'idle',
  ): Promise<{ name: string; client: LabClient; backendPort: number }> {
    const own = await startLabBackend();
    doomed.push(own);
    const name = `backend ${protocol} ${fate} ${family}`;
    const address = { host: lab.address('far', family), port: own.port };
    const { origin } = await listen(family, name, { protocol, backend: address });
    return { name, client: await open(connectClient(origin, 'request')), backendPort: own.port };
  }

  const KINDS = {
    'TCP route': { protocol: 'tcp', connect: connectClient },
    'HTTP/1': { protocol: 'http', connect: connectClient },
    websocket: { protocol: 'http', connect: connectWebsocket },
  } as const;

  describe('are found in time, with the right cause, and leave no socket', {
    concurrency: true,
  }, () => {
    for (const family of FAMILIES) {
      for (const [kind, { protocol, connect }] of Object.entries(KINDS)) {
        it(`${kind}, idle, IPv${family}`, async () => {
          const name = `idle ${kind} ${family}`;
          const { origin } = await listen(family, name, { protocol, tcp: QUICK });
          const client = await open(connect(origin, 'request'));
          const limitMs = limitMsOf(QUICK);
          await assertFound(client, cut(client), { name, cause: 'tcp_keepalive', limitMs });
        });
      }

      it(`a policy that comes after the death counts the silence so far, IPv${family}`, async () => {
        const name = `late ${family}`;
        const { origin, change } = await listen(family, name, { tcp: OFF });
        const client = await open(connectClient(origin, 'request'));
        const death = cut(client);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        await change({ tcp: keepaliveOf(3, 1, 2) });
        await assertFound(client, death, { name, cause: 'tcp_keepalive', limitMs: 5000 });
      });

      it(`a policy whose time is over already probes at once, IPv${family}`, async () => {
        const name = `over ${family}`;
        const { origin, change } = await listen(family, name, { tcp: keepaliveOf(300, 30, 9) });
        const client = await open(connectClient(origin, 'request'));
        const { heardMs } = cut(client);
        await new Promise((resolve) => setTimeout(resolve, 2000));
        const changedMs = nowMs();
        await change({ tcp: QUICK });
        const death = { cutMs: nowMs(), heardMs: changedMs };
        assert.ok(changedMs > heardMs + 2000);
        await assertFound(client, death, { name, cause: 'tcp_keepalive', limitMs: 2000 });
      });

      it(`a change while probes are out re-arms the timer, IPv${family}`, async () => {
        const name = `probing ${family}`;
        const { origin, change } = await listen(family, name, { tcp: keepaliveOf(1, 30, 5) });
        const client = await open(connectClient(origin, 'request'));
        const death = cut(client);
        await new Promise((resolve) => setTimeout(resolve, 2000));
        const changedMs = nowMs();
        await change({ tcp: QUICK });
        // At the latest two unanswered probes after the change; the one that is out already counts.
        const limitMs = changedMs - death.cutMs + 2000;
        const earliestMs = limitMsOf(QUICK);
        await assertFound(client, death, { name, cause: 'tcp_keepalive', limitMs, earliestMs });
      });

      it(`HTTP/2, idle, IPv${family}`, async () => {
        const name = `idle h2 ${family}`;
        const http = { http2KeepaliveIntervalMs: 1000, http2KeepaliveTimeoutMs: 1000 };
        const { origin } = await listen(family, name, { http });
        const client = await open(connectSession(origin, 'request'));
        const window = { limitMs: 2000, earliestMs: 1900 };
        await assertFound(client, cut(client), { name, cause: 'h2_ping_timeout', ...window });
      });

      it(`HTTP/2 with data in flight, IPv${family}`, async () => {
        const name = `busy h2 ${family}`;
        const http = { http2KeepaliveIntervalMs: 1000, http2KeepaliveTimeoutMs: 1000 };
        const { origin } = await listen(family, name, { http });
        const client = await open(connectSession(origin, 'trickle'));
        const window = { limitMs: 2000, earliestMs: 1900 };
        await assertFound(client, cut(client), { name, cause: 'h2_ping_timeout', ...window });
      });
    }

    for (const family of FAMILIES) {
      it(`a backend of a TCP route, and its client with it, IPv${family}`, async () => {
        const { name, client, backendPort } = await doom(family, 'tcp');
        const heardMs = client.lastSentMs;
        lab.cut(backendPort);
        const death = { heardMs, cutMs: nowMs() };
        assertWindow(await worker.whenClosed(backendPort), death, { limitMs: 3000 });
        // The backend is dead, the client is not: it is told.
        await assertFound(client, death, { name, cause: 'upstream', limitMs: 3000 });
        assertForgotten(backendPort);
      });

      it(`a backend of an idle HTTP/1 connection, and its client lives, IPv${family}`, async () => {
        const { client, backendPort } = await doom(family, 'http');
        const heardMs = client.lastSentMs;
        lab.cut(backendPort);
        const death = { heardMs, cutMs: nowMs() };
        assertWindow(await worker.whenClosed(backendPort), death, { limitMs: 3000 });
        assertForgotten(backendPort);
        assert.equal(client.isGone, false);
      });
    }

    for (const family of FAMILIES) {
      for (const [kind, { protocol, connect }] of Object.entries(KINDS)) {
        it(`${kind}, with data in flight, IPv${family}`, async () => {
          const name = `busy ${kind} ${family}`;
          const { origin } = await listen(family, name, { protocol, tcp: QUICK });
          const client = await open(connect(origin, 'trickle'));
          // Until now each part of the answer was acknowledged, after 200 ms at the latest (delayed ACK, load).
          const heardMs = nowMs() - 200;
          const { cutMs } = cut(client);
          const window = { limitMs: limitMsOf(QUICK) };
          await assertFound(client, { cutMs, heardMs }, { name, cause: 'tcp_unacked', ...window });
        });
      }

      it(`one that read nothing before it died, IPv${family}`, async () => {
        const name = `closed window ${family}`;
        const { origin } = await listen(family, name, { tcp: QUICK });
        const client = await open(connectClient(origin, 'flood'));
        client.pause();
        await new Promise((resolve) => setTimeout(resolve, 1000));
        // Window probes are 0.8 s apart by now, 1.6 s the next time: the first in vain begins the silence.
        const heardMs = nowMs() - 1000;
        const { cutMs } = cut(client);
        const window = { limitMs: limitMsOf(QUICK) + 3000, earliestMs: limitMsOf(QUICK) };
        await assertFound(client, { cutMs, heardMs }, { name, cause: 'tcp_unacked', ...window });
      });

      it(`a backend that is sent something after its death, IPv${family}`, async () => {
        const { name, client, backendPort } = await doom(family, 'tcp', 'sent');
        lab.cut(backendPort);
        const heardMs = nowMs();
        client.prove().catch(() => undefined);
        const death = { heardMs, cutMs: nowMs() };
        const limitMs = limitMsOf(QUICK);
        assertWindow(await worker.whenClosed(backendPort), death, { limitMs });
        await assertFound(client, death, { name, cause: 'upstream', limitMs });
        assertForgotten(backendPort);
        const { tcp_unacked: unacked = 0 } = await worker.causes(UPSTREAM);
        assert.ok(unacked > 0, 'booked as unacknowledged');
      });
    }
  });

  it('and nobody else was harmed meanwhile', async () => {
    // Long enough for window probes that come 6 s apart.
    assert.deepEqual(await control?.findHarmed(16_000), []);
  });
});
