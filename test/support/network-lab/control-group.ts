// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { HttpSettings, TcpKeepalive } from '../../../dataplane/engine/plan.js';
import { nowMs } from '../machine-clock.js';
import {
  connectClient,
  connectSession,
  connectWebsocket,
  type LabClient,
  type Origin,
} from './lab-clients.js';
import { keepaliveOf, type LabBind, type LabPlan, QUICK } from './lab-plan.js';
import { connectMute } from './mute-client.js';
import { FAMILIES, type Family, type NetworkLab, type Wire } from './network-lab.js';

/** Peers that live, each in a way that looks like death to a keepalive which is not careful enough. */
export interface ControlGroup {
  /** Waits until they have been odd for `ageMs`, and returns what became of each that did not live: none, it is hoped. */
  findHarmed(ageMs: number): Promise<readonly string[]>;
  destroy(): void;
}

/** What the names of members say whose receive window is closed. */
const READS_NOTHING = 'reads nothing';
/** Patience for one packet in ten lost: nine unanswered probes, or 8 s without a PING's answer, happen to nobody. */
const PATIENT: TcpKeepalive = keepaliveOf(1, 1, 9);
/** The clients share a process with the test: one that a busy machine holds up for 2.7 s and a round trip must not look dead. */
const QUICK_PINGS = { http2KeepaliveIntervalMs: 1000, http2KeepaliveTimeoutMs: 3000 };
const PATIENT_PINGS = { http2KeepaliveIntervalMs: 1000, http2KeepaliveTimeoutMs: 8000 };

export interface ControlGroupOptions {
  readonly lab: NetworkLab;
  readonly plan: LabPlan;
  readonly backendPort: number;
}

export async function openControlGroup(options: ControlGroupOptions): Promise<ControlGroup> {
  const opened = await Promise.all(
    FAMILIES.map(async (family) => {
      const members = await openFamily(family, options);
      return members.map(([name, client]) => [`${name}, IPv${family}`, client] as const);
    }),
  );
  const members = new Map(opened.flat());
  const sinceMs = nowMs();
  return {
    async findHarmed(ageMs) {
      const restMs = Math.max(0, sinceMs + ageMs - nowMs());
      await new Promise((resolve) => setTimeout(resolve, restMs));
      assertOdd(members, options.lab);
      const fates = await Promise.all([...members].map(([name, client]) => fateOf(name, client)));
      return fates.filter((fate) => fate !== undefined);
    },
    destroy() {
      for (const client of members.values()) client.destroy();
    },
  };
}

/** A group that is like everybody else would prove nothing. */
function assertOdd(members: ReadonlyMap<string, LabClient>, lab: NetworkLab): void {
  assert.ok(lab.lostPackets() > 0, 'packets were lost');
  const sockets = lab.sockets();
  for (const [name, { port, isGone }] of members) {
    if (!name.startsWith(READS_NOTHING) || isGone) continue;
    const held = sockets.find(({ peerPort }) => peerPort === port);
    assert.ok((held?.sendQueueBytes ?? 0) > 0, `${name}: nothing waits for it`);
  }
}

async function fateOf(name: string, client: LabClient): Promise<string | undefined> {
  try {
    await client.prove();
    return undefined;
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function openFamily(family: Family, options: ControlGroupOptions): Promise<Members> {
  const { lab, plan, backendPort } = options;
  const backend = { host: lab.address('far', family), port: backendPort };
  const bind = (
    name: string,
    tcp: TcpKeepalive,
    pings: Partial<HttpSettings>,
  ): readonly LabBind[] => [
    { name: `${name} ${family}`, protocol: 'http', tcp, http: pings, backend },
    { name: `${name} tcp ${family}`, protocol: 'tcp', tcp, backend },
  ];
  const [http = 0, tcp = 0] = await plan.put(...bind('control', QUICK, QUICK_PINGS));
  const [patientHttp = 0, patientTcp = 0] = await plan.put(
    ...bind('patient', PATIENT, PATIENT_PINGS),
  );
  const at = (port: number, wire: Wire): Origin => ({
    host: lab.address('near', family, wire),
    port,
  });
  const [still, far, lossy] = await Promise.all([
    openStill(at(http, 'fast'), at(tcp, 'fast')),
    openFew(at(http, 'slow'), at(tcp, 'slow')),
    openFew(at(patientHttp, 'fast'), at(patientTcp, 'fast')),
  ]);
  lab.makeLossy(...lossy.map(([, { port }]) => port));
  return [
    ...still,
    ...far.map(([name, client]) => [`300 ms away: ${name}`, client] as const),
    ...lossy.map(([name, client]) => [`10 % lost: ${name}`, client] as const),
  ];
}

type Members = readonly (readonly [string, LabClient])[];

/** Peers on a good wire who do not do what is expected of them. */
async function openStill(http: Origin, tcp: Origin): Promise<Members> {
  const paused = await openAll({
    [`${READS_NOTHING}: HTTP/1`]: connectClient(http, 'flood'),
    [`${READS_NOTHING}: websocket`]: connectWebsocket(http, 'flood'),
    [`${READS_NOTHING}: TCP route`]: connectClient(tcp, 'flood'),
    'answers PINGs and reads no DATA: HTTP/2': connectSession(http, 'flood'),
  });
  for (const [, client] of paused) client.pause();
  const silent = await openAll({
    'acknowledges no SETTINGS: HTTP/2': connectMute(http),
    'says nothing: HTTP/1': connectClient(http, 'request'),
    'says nothing: HTTP/2': connectSession(http, 'request'),
  });
  return [...paused, ...silent];
}

function openFew(http: Origin, tcp: Origin): Promise<Members> {
  return openAll({
    'HTTP/1, idle': connectClient(http, 'request'),
    'HTTP/1, in the midst of an answer': connectClient(http, 'trickle'),
    'websocket, idle': connectWebsocket(http, 'request'),
    'TCP route, in the midst of an answer': connectClient(tcp, 'trickle'),
    'HTTP/2, idle': connectSession(http, 'request'),
    'HTTP/2, in the midst of an answer': connectSession(http, 'trickle'),
  });
}

function openAll(opening: Readonly<Record<string, Promise<LabClient>>>): Promise<Members> {
  const entries = Object.entries(opening);
  return Promise.all(entries.map(async ([name, client]) => [name, await client] as const));
}
