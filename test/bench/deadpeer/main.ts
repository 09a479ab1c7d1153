// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nowMs } from '../../support/machine-clock.js';
import { startLabBackend } from '../../support/network-lab/lab-backend.js';
import {
  connectClient,
  connectSession,
  connectWebsocket,
  type Errand,
  type LabClient,
  type Origin,
} from '../../support/network-lab/lab-clients.js';
import { keepaliveOf, type LabBind, LabPlan, OFF } from '../../support/network-lab/lab-plan.js';
import { CANNOT_MAKE_NAMESPACES } from '../../support/network-lab/namespaces.js';
import { type NetworkLab, openNetworkLab } from '../../support/network-lab/network-lab.js';
import { quantile } from '../support/statistics.js';
import { type Native, startNatives } from './natives.js';
import { type LastHeard, SocketWatch } from './watch.js';

/**
 * How long a dead peer is taken for a living one. Every row is five connections; all rows run at once. Silence is counted from
 * the last packet that the kernel had of the peer, or from the change where one comes after the death.
 */
const ROUNDS = 5;
/** Between the last answer and the death: acknowledgements are through, and the kernel's counts are read. */
const QUIET_MS = 400;
const NEVER_MS = 35_000;

type Connect = (origin: Origin, errand: Errand) => Promise<LabClient>;

interface Row {
  readonly name: string;
  readonly bind: Partial<LabBind>;
  readonly connect?: Connect;
  readonly errand?: Errand;
  /** What is last heard: of an idle TCP peer any packet, of a session bytes, with data in flight acknowledgements. */
  readonly counts?: (heard: LastHeard) => number;
  /** A change after so much silence. */
  readonly change?: { readonly afterMs: number; readonly bind: Partial<LabBind> };
  /** Count from the change. */
  readonly isFromChange?: boolean;
  /** A window that is promised, or a formula, milliseconds. */
  readonly window: readonly [number, number];
}

const anyPacket = ({ byteMs, ackMs }: LastHeard): number => Math.max(byteMs, ackMs);
const anyByte = ({ byteMs }: LastHeard): number => byteMs;
const anyAck = ({ ackMs }: LastHeard): number => ackMs;

/** The kernel's timers come up to 3 % late. */
function formula(limitMs: number): readonly [number, number] {
  return [limitMs, limitMs * 1.03];
}

function idleRow(time: number, interval: number, retries: number): Row {
  return {
    name: `TCP idle ${time}/${interval}/${retries}`,
    bind: { protocol: 'tcp', tcp: keepaliveOf(time, interval, retries) },
    window: formula((time + interval * retries) * 1000),
  };
}

/** A look every twentieth of the limit, 250 ms at least, and the acknowledgement may be a moment older than the first look. */
function flightRow(name: string, bind: Partial<LabBind>, connect: Connect): Row {
  const tcp = keepaliveOf(2, 1, 3);
  const window = [5000, 5600] as const;
  return {
    name: `${name}, data in flight, 2/1/3`,
    bind: { ...bind, tcp },
    connect,
    errand: 'trickle',
    counts: anyAck,
    window,
  };
}

function pingRow(interval: number, timeout: number, errand: Errand): Row {
  const [intervalMs, timeoutMs] = [interval * 1000, timeout * 1000];
  return {
    name: `HTTP/2 ${errand === 'request' ? 'idle' : 'with data in flight'} ${interval}/${timeout}`,
    bind: { http: { http2KeepaliveIntervalMs: intervalMs, http2KeepaliveTimeoutMs: timeoutMs } },
    connect: connectSession,
    errand,
    counts: anyByte,
    window: [0.9 * intervalMs + timeoutMs, intervalMs + timeoutMs + 50],
  };
}

const ROWS: readonly Row[] = [
  idleRow(1, 1, 1),
  idleRow(2, 1, 3),
  idleRow(3, 2, 2),
  idleRow(5, 1, 5),
  idleRow(5, 3, 3),
  idleRow(10, 5, 3),
  {
    name: 'policy 3/1/2 1.5 s after the death, before: off',
    bind: { tcp: OFF },
    change: { afterMs: 1500, bind: { tcp: keepaliveOf(3, 1, 2) } },
    window: formula(5000),
  },
  {
    name: 'policy 2/1/2 4 s after the death, from the policy on',
    bind: { tcp: keepaliveOf(300, 30, 9) },
    change: { afterMs: 4000, bind: { tcp: keepaliveOf(2, 1, 2) } },
    isFromChange: true,
    window: formula(2000),
  },
  {
    // The probe that is out is one of the two.
    name: '2/30/3 to 2/1/2 while a probe is out, from the change on',
    bind: { tcp: keepaliveOf(2, 30, 3) },
    change: { afterMs: 4000, bind: { tcp: keepaliveOf(2, 1, 2) } },
    isFromChange: true,
    window: formula(1000),
  },
  flightRow('TCP route', { protocol: 'tcp' }, connectClient),
  flightRow('HTTP/1', {}, connectClient),
  flightRow('websocket', {}, connectWebsocket),
  pingRow(1, 1, 'request'),
  pingRow(2, 1, 'request'),
  pingRow(1, 3, 'request'),
  pingRow(5, 2, 'request'),
  pingRow(5, 5, 'request'),
  pingRow(2, 1, 'trickle'),
];

/** A row, and the proxy that it is about. */
interface Subject {
  readonly name: string;
  readonly row: Row;
  readonly origin: Origin;
}

const NATIVE_KEEPALIVE = keepaliveOf(2, 1, 3);

/** What every row needs. */
interface Stage {
  readonly lab: NetworkLab;
  readonly plan: LabPlan;
  readonly watch: SocketWatch;
  readonly backend: Origin;
}

function bindOf(row: Row, { backend }: Stage, change: Partial<LabBind> = {}): LabBind {
  return { name: row.name, protocol: 'http', backend, ...row.bind, ...change };
}

function open({ row, origin }: Subject): Promise<LabClient[]> {
  const { connect = connectClient, errand = 'request' } = row;
  return Promise.all(Array.from({ length: ROUNDS }, () => connect(origin, errand)));
}

/** Silences until the peers were found, milliseconds; infinite for one that was not. */
async function measure(
  row: Row,
  clients: readonly LabClient[],
  heard: ReadonlyMap<number, LastHeard>,
  stage: Stage,
): Promise<number[]> {
  const { watch } = stage;
  const { counts = anyPacket } = row;
  const sinceMs = clients.map(({ port }) => {
    const last = heard.get(port);
    if (last === undefined) throw new Error(`${row.name}: gone before it was looked at`);
    return counts(last);
  });
  const changedMs = await change(row, Math.min(...sinceMs), stage);
  const untilMs = nowMs() + NEVER_MS;
  while (nowMs() < untilMs && clients.some(({ port }) => watch.goneMs(port) === undefined)) {
    await pause(50);
  }
  for (const client of clients) client.destroy();
  return clients.map(({ port }, index) => {
    const fromMs = row.isFromChange ? changedMs : (sinceMs[index] ?? 0);
    return (watch.goneMs(port) ?? Number.POSITIVE_INFINITY) - fromMs;
  });
}

/** When the row's change began. */
async function change(row: Row, sinceMs: number, stage: Stage): Promise<number> {
  if (row.change === undefined) return sinceMs;
  await pause(Math.max(0, sinceMs + row.change.afterMs - nowMs()));
  const changedMs = nowMs();
  await stage.plan.put(bindOf(row, stage, row.change.bind));
  return changedMs;
}

/** Heartline in every row; nginx and haproxy where they have something to say. */
async function subjectsOf(stage: Stage, natives: readonly Native[]): Promise<Subject[]> {
  const near = (port: number): Origin => ({ host: stage.lab.address('near', 4), port });
  const ports = await stage.plan.put(...ROWS.map((row) => bindOf(row, stage)));
  const own = ROWS.map((row, index) => ({ name: row.name, row, origin: near(ports[index] ?? 0) }));
  const others = natives.flatMap(({ name, port }) =>
    [idleRow(2, 1, 3), flightRow('HTTP/1', {}, connectClient)].map((row) => ({
      name: `${name}: ${row.name}`,
      row,
      origin: near(port),
    })),
  );
  return [...own, ...others];
}

async function run(stage: Stage, natives: readonly Native[]): Promise<void> {
  const subjects = await subjectsOf(stage, natives);
  const clients = await Promise.all(subjects.map(open));
  await pause(QUIET_MS);
  stage.lab.cut(...clients.flat().map(({ port }) => port));
  await pause(QUIET_MS);
  const heard = stage.watch.lastHeard();
  const results = await Promise.all(
    subjects.map(({ row }, index) => measure(row, clients[index] ?? [], heard, stage)),
  );
  console.log('| | promised, s | found after, s (min/med/max) |\n|---|---|---|');
  subjects.forEach(({ name, row }, index) => {
    console.log(render(name, row.window, results[index] ?? []));
  });
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'heartline-bench-'));
  const lab = await openNetworkLab();
  const { port, close } = await startLabBackend();
  const worker = await lab.startWorker();
  const plan = new LabPlan((next) => worker.apply(next), OFF);
  const backend = { host: lab.address('far', 4), port };
  const natives = await startNatives({ directory, backend, keepalive: NATIVE_KEEPALIVE });
  const watch = new SocketWatch();
  const watching = watch.run();
  try {
    await run({ lab, plan, watch, backend }, natives);
  } finally {
    watch.stop();
    await watching;
    await Promise.all(natives.map((native) => native.stop()));
    await lab.close();
    await close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function render(name: string, [from, to]: Row['window'], foundMs: readonly number[]): string {
  const seconds = (ms: number): string =>
    Number.isFinite(ms) ? (ms / 1000).toFixed(3) : `not in ${NEVER_MS / 1000} s`;
  const found = [0, 0.5, 1].map((share) => seconds(quantile(foundMs, share)));
  const all = new Set(found).size === 1 ? found[0] : found.join(' / ');
  return `| ${name} | ${(from / 1000).toFixed(2)} - ${(to / 1000).toFixed(2)} | ${all} |`;
}

if (CANNOT_MAKE_NAMESPACES === false) await main();
else console.log(`not run: ${CANNOT_MAKE_NAMESPACES}`);
