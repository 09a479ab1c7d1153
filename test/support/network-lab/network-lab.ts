// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type LabWorker, startLabWorker } from './lab-worker.js';
import {
  type End,
  enterNamespace,
  makeNamespaces,
  namespaceOf,
  removeNamespaces,
  runIn,
} from './namespaces.js';

/** The family of a lab's addresses. */
export type Family = 4 | 6;
export const FAMILIES: readonly Family[] = [4, 6];

/** `fast` is a veth pair; `slow` takes 150 ms each way. */
export type Wire = 'fast' | 'slow';
const ROUND_TRIP_MS = 300;
const WIRES: Readonly<Record<Wire, { readonly v4: string; readonly v6: string }>> = {
  fast: { v4: '10.71.0.', v6: 'fd71::' },
  slow: { v4: '10.72.0.', v6: 'fd72::' },
};
const HOST: Readonly<Record<End, number>> = { near: 1, far: 2 };
/** Apart, so that a rule about a port of one end never meets a port of the other. */
const EPHEMERAL: Readonly<Record<End, string>> = { near: '20000 29999', far: '45000 49999' };

/** What happens to the packets of a port of the far end, in both directions. */
const RULES = `table inet lab {
  set dead { type inet_service; }
  set lossy { type inet_service; }
  counter lost { }
  chain from {
    type filter hook output priority 0;
    tcp sport @dead drop
    tcp sport @lossy numgen random mod 10 0 counter name lost drop
  }
  chain to {
    type filter hook input priority 0;
    tcp dport @dead drop
    tcp dport @lossy numgen random mod 10 0 counter name lost drop
  }
}`;

const WIRE_PROGRAM = fileURLToPath(
  new URL('./delayed-wire.py', import.meta.url).href.replace('/.bench/', '/'),
);

/** A socket of the near end as ss(8) lists it, in any state but listening. */
export interface ListedSocket {
  readonly state: string;
  readonly localPort: number;
  readonly peerPort: number;
  /** Written, and not acknowledged by the peer's kernel. */
  readonly sendQueueBytes: number;
}

/**
 * Two network namespaces and two wires between them. The worker runs near; the process that opened the lab is at
 * the far end from then on, so that it can open one lab only. Nothing of it is in the network of the machine.
 */
export interface NetworkLab {
  readonly address: (end: End, family: Family, wire?: Wire) => string;
  startWorker(): Promise<LabWorker>;
  /** From now on no packet from or to these ports of the far end arrives: whoever is there is dead. */
  cut(...ports: readonly number[]): void;
  mend(...ports: readonly number[]): void;
  /** One packet in ten from and to these ports of the far end is lost. */
  makeLossy(...ports: readonly number[]): void;
  /** Packets that `makeLossy` has lost so far. */
  lostPackets(): number;
  /** What the kernel holds at the near end, orphans included. */
  sockets(): readonly ListedSocket[];
  close(): Promise<void>;
}

export async function openNetworkLab(): Promise<NetworkLab> {
  makeNamespaces();
  process.once('exit', removeNamespaces);
  const wire = await layWires();
  runIn('far', 'nft', RULES);
  enterNamespace('far');
  const workers: LabWorker[] = [];
  return {
    address: (end, family, over = 'fast') => addressOf(end, family, over),
    async startWorker() {
      const worker = await startLabWorker(namespaceOf('near'));
      workers.push(worker);
      return worker;
    },
    cut: (...ports) => changeSet('add', 'dead', ports),
    mend: (...ports) => changeSet('delete', 'dead', ports),
    makeLossy: (...ports) => changeSet('add', 'lossy', ports),
    lostPackets: countLost,
    sockets: listSockets,
    async close() {
      for (const worker of workers) await worker.end();
      wire.stdin?.end();
      await once(wire, 'exit');
      removeNamespaces();
      process.off('exit', removeNamespaces);
    },
  };
}

function addressOf(end: End, family: Family, wire: Wire): string {
  return `${WIRES[wire][family === 4 ? 'v4' : 'v6']}${HOST[end]}`;
}

async function layWires(): Promise<ChildProcess> {
  const [near, far] = [namespaceOf('near'), namespaceOf('far')];
  const veth = ['type', 'veth', 'peer', 'name', 'fast', 'netns', far];
  execFileSync('ip', ['-n', near, 'link', 'add', 'fast', ...veth]);
  const arguments_ = [WIRE_PROGRAM, near, far, 'slow', String(ROUND_TRIP_MS / 2)];
  const wire = spawn('python3', arguments_, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(wire.stdout, 'data');
  for (const end of ['near', 'far'] as const) configure(end);
  return wire;
}

function configure(end: End): void {
  for (const wire of ['fast', 'slow'] as const) {
    for (const family of FAMILIES) {
      const address = `${addressOf(end, family, wire)}/${family === 4 ? 24 : 64}`;
      // Without nodad an IPv6 address may not be used for the first second.
      const options = family === 6 ? ['nodad'] : [];
      runIn(end, 'ip', 'address', 'add', address, 'dev', wire, ...options);
    }
    runIn(end, 'ip', 'link', 'set', wire, 'up');
  }
  runIn(end, 'sh', '-c', `echo ${EPHEMERAL[end]} > /proc/sys/net/ipv4/ip_local_port_range`);
}

/** This process is at the far end, and with it whatever it starts. */
function changeSet(how: 'add' | 'delete', set: 'dead' | 'lossy', ports: readonly number[]): void {
  execFileSync('nft', [how, 'element', 'inet', 'lab', set, `{ ${ports.join(', ')} }`]);
}

function countLost(): number {
  const listed = runIn('far', 'nft', 'list', 'counter', 'inet', 'lab', 'lost');
  return Number(/packets (\d+)/.exec(listed)?.[1]);
}

function listSockets(): ListedSocket[] {
  return runIn('near', 'ss', '-tanH')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([state]) => state !== undefined && state !== '' && state !== 'LISTEN')
    .map(([state = '', , sendQueue, local = '', peer = '']) => ({
      state,
      sendQueueBytes: Number(sendQueue),
      localPort: portOf(local),
      peerPort: portOf(peer),
    }));
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
