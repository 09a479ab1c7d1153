// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../../../dataplane/engine/plan.js';
import type {
  ApplyReport,
  CloseCause,
  ConnectionView,
  EngineSummary,
} from '../../../dataplane/engine/report.js';
import { eventually } from '../eventually.js';
import type { CallBody, ClosedNotice, Reply } from './lab-messages.js';

/** From sources in tests, compiled in benchmarks. */
const EXTENSION = extname(import.meta.url);
const MAIN = fileURLToPath(new URL(`./lab-worker-main${EXTENSION}`, import.meta.url));

/** The engine of a worker in a process of its own. */
export interface LabWorker {
  readonly pid: number;
  apply(plan: Plan): Promise<ApplyReport>;
  summary(): Promise<EngineSummary>;
  connections(): Promise<readonly ConnectionView[]>;
  /** Holds its loop for so long, as a bug of ours would. */
  block(forMs: number): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Every close so far, in order. */
  readonly closed: readonly ClosedNotice[];
  /** Resolves when the connection with this port at the far end is listed no more. */
  whenClosed(farPort: number): Promise<ClosedNotice>;
  /** How many connections of a bind (the empty key: upstream) ended for each cause, as the metric says. */
  causes(bindKey: string): Promise<Partial<Record<CloseCause, number>>>;
  end(): Promise<void>;
}

interface Metric {
  readonly name: string;
  readonly values: readonly { readonly value: number; readonly labels: Record<string, string> }[];
}

export async function startLabWorker(namespace: string): Promise<LabWorker> {
  const loader = EXTENSION === '.ts' ? ['--import', import.meta.resolve('tsx')] : [];
  const command = ['netns', 'exec', namespace, process.execPath, ...loader, MAIN];
  const child = spawn('ip', command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const closed: ClosedNotice[] = [];
  const call = callsOf(child, closed);
  await once(child, 'message');
  return {
    pid: child.pid ?? 0,
    apply: (plan) => call({ name: 'apply', plan }) as Promise<ApplyReport>,
    summary: () => call({ name: 'summary' }) as Promise<EngineSummary>,
    connections: () => call({ name: 'connections' }) as Promise<readonly ConnectionView[]>,
    block: (forMs) => call({ name: 'block', forMs }) as Promise<void>,
    signal: (signal) => void child.kill(signal),
    closed,
    whenClosed: (farPort) => eventually(() => findClosed(closed, farPort), { everyMs: 10 }),
    async causes(bindKey) {
      const metrics = (await call({ name: 'metrics' })) as readonly Metric[];
      const metric = metrics.find(({ name }) => name === 'heartline_connections_closed_total');
      const own = metric?.values.filter(({ labels }) => labels['bind'] === bindKey) ?? [];
      return Object.fromEntries(own.map(({ labels, value }) => [labels['cause'], value]));
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      // One that was stopped and never continued would not notice anything else.
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

function findClosed(closed: readonly ClosedNotice[], farPort: number): ClosedNotice {
  const found = closed.find(({ peer }) => peer.endsWith(`:${farPort}`));
  if (found === undefined) throw new Error(`the connection with port ${farPort} is still open`);
  return found;
}

/** Sends calls and matches replies; notes on closes go to `closed`. */
function callsOf(child: ChildProcess, closed: ClosedNotice[]) {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  child.on('message', (message: Reply | { closed: ClosedNotice } | 'ready') => {
    if (message === 'ready') return;
    if ('closed' in message) {
      closed.push(message.closed);
      return;
    }
    waiting.get(message.id)?.resolve(message.value);
    waiting.delete(message.id);
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error("the lab's worker has ended"));
  });
  return (body: CallBody): Promise<unknown> =>
    new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      child.send({ ...body, id: lastId });
    });
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}
