// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { apiPathOf, findKind } from '../../../control-plane/policy/kinds.js';
import { eventually } from '../../support/eventually.js';
import { callApi } from '../../support/installation.js';
import { sampleService, sampleSlice } from '../../support/live-objects.js';
import { nowMs } from '../../support/machine-clock.js';
import { policyClient } from '../../support/policies.js';
import { sampleBackend } from '../../support/sample-objects.js';
import { type Stack, startStack } from '../../support/stack.js';
import { type LineProcess, startNodeProcess } from '../support/line-process.js';
import { FlappingBackend, type Kill, startGrpcEcho } from './backends.js';
import { type Gauges, readGauges } from './gauges.js';
import { ECHO_METHOD, type Failure, FLAPPING_PATH, type TrafficReport } from './traffic.js';
import { findFaults, findTrends, type Trend } from './verdict.js';

export interface SoakOptions {
  readonly seconds: number;
  /** Each is one line of progress. */
  readonly print: (line: string) => void;
}

export interface SoakResult {
  readonly done: TrafficReport['done'];
  /** Requests that failed without an excuse, in words. */
  readonly faults: readonly string[];
  /** Those that a killed backend had. */
  readonly excused: number;
  readonly policyChanges: number;
  readonly endpointChanges: number;
  readonly trends: Readonly<Record<PlaneName, readonly Trend[]>>;
  /** Of the worker, before the traffic and after it has ended. */
  readonly before: Gauges;
  readonly after: Gauges;
}

type PlaneName = 'worker' | 'control plane';

/** Changes that set no age and no idle time: none may close a connection. */
const FRONTENDS: readonly object[] = [
  { tcp: { keepalive: { time: '300s', interval: '75s', retries: 9 } } },
  {
    tcp: { keepalive: { time: '45s', interval: '7s', retries: 4 } },
    http: { http1MaxHeaders: 50 },
  },
  { http: { http2KeepaliveInterval: '3s', http2KeepaliveTimeout: '10s' } },
  { tcp: { keepalive: {} }, http: { http2WindowSize: '256Ki', http2FrameSize: '32Ki' } },
];
const CHANGE_EVERY_MS = 1000;
const FLAP_EVERY_MS = 1500;
/**
 * As a preStop hook does: a request that was on its way when the endpoint was taken out is not in the server yet, which
 * would close its connection as an idle one.
 */
const LEAVE_AFTER_MS = 250;
const SAMPLE_EVERY_MS = 500;
const PROGRESS_EVERY_MS = 10_000;
const SERVICE = 'flapping';
const HOSTS = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];

/**
 * A whole `heartline up` under every kind of traffic, its policy changed every second, endpoints of a Service
 * coming and going. What is to be seen is whether anything grows, and whether any request fails.
 */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const stack = await startStack();
  const grpc = await startGrpcEcho();
  const soak = new Soak(stack, options);
  try {
    await soak.prepare(grpc.port);
    return await soak.run();
  } finally {
    soak.end();
    await stack.stop();
    grpc.stop();
  }
}

class Soak {
  readonly #stack: Stack;
  readonly #options: SoakOptions;
  readonly #backends: FlappingBackend[] = [];
  readonly #kills: Kill[] = [];
  /** What became of endpoints, and when; only for whoever looks for the cause of a fault. */
  readonly #flaps: { readonly what: string; readonly atMs: number }[] = [];
  readonly #failures: Failure[] = [];
  readonly #samples: Record<PlaneName, Gauges[]> = { worker: [], 'control plane': [] };
  #backendPort = 0;
  #policyChanges = 0;
  #endpointChanges = 0;
  #done: TrafficReport['done'] | undefined;
  #clients: LineProcess | undefined;
  #isOver = false;
  #startMs = 0;

  constructor(stack: Stack, options: SoakOptions) {
    this.#stack = stack;
    this.#options = options;
  }

  /** Beside what `up` starts with: a Service whose endpoints come and go, and a gRPC backend that stays. */
  async prepare(grpcPort: number): Promise<void> {
    for (const host of HOSTS) {
      const backend = new FlappingBackend(host, this.#backendPort);
      this.#backendPort = await backend.start();
      this.#backends.push(backend);
    }
    await this.#put(sampleService(SERVICE));
    await this.#put(sampleBackend('grpc', grpcPort));
    const grpc = { group: 'agentgateway.dev', kind: 'AgentgatewayBackend', name: 'grpc' };
    await this.#put(httpRoute('flapping', FLAPPING_PATH, { name: SERVICE, port: 80 }));
    await this.#put(httpRoute('grpc', ECHO_METHOD, grpc));
    await this.#publishEndpoints();
    await eventually(async () => {
      const url = `http://127.0.0.1:${this.#stack.port(8080)}${FLAPPING_PATH}`;
      const text = await (await fetch(url)).text();
      if (!HOSTS.includes(text)) throw new Error(`the flapping route answers ${text}`);
    });
  }

  async run(): Promise<SoakResult> {
    const before = await this.#workerGauges();
    this.#startMs = nowMs();
    const clients = this.#startClients();
    const loops = [
      this.#every(CHANGE_EVERY_MS, () => this.#changePolicy()),
      this.#every(FLAP_EVERY_MS, () => this.#flap()),
      this.#every(SAMPLE_EVERY_MS, () => this.#sample()),
      this.#every(PROGRESS_EVERY_MS, () => this.#printProgress()),
    ];
    await pause(this.#options.seconds * 1000);
    this.#isOver = true;
    await Promise.all(loops);
    this.#clients?.child.stdin?.end();
    await clients;
    const after = await this.#settledGauges();
    return this.#result(before, after);
  }

  end(): void {
    this.#isOver = true;
    this.#clients?.child.kill('SIGKILL');
    for (const backend of this.#backends) if (backend.isUp) backend.kill();
  }

  async #startClients(): Promise<void> {
    const isSource = extname(import.meta.url) === '.ts';
    const url = new URL(`./clients-main${isSource ? '.ts' : '.js'}`, import.meta.url);
    const { port } = this.#stack;
    const targets = { host: '127.0.0.1', httpPort: port(8080), tcpPort: port(8090) };
    const loader = isSource ? ['--import', import.meta.resolve('tsx')] : [];
    const clients = startNodeProcess(url, [JSON.stringify(targets)], loader);
    this.#clients = clients;
    const ended = new Promise((resolve) => clients.child.once('exit', resolve));
    while (clients.child.exitCode === null) {
      const line = await Promise.race([clients.read().catch(() => undefined), ended]);
      if (typeof line !== 'string') return;
      const report = JSON.parse(line) as TrafficReport;
      this.#done = report.done;
      this.#failures.push(...report.failures);
    }
  }

  async #every(everyMs: number, task: () => void | Promise<void>): Promise<void> {
    for (let dueMs = nowMs() + everyMs; !this.#isOver; dueMs = Math.max(dueMs + everyMs, nowMs())) {
      await pause(Math.max(0, dueMs - nowMs()));
      if (!this.#isOver) await task();
    }
  }

  async #changePolicy(): Promise<void> {
    const policies = policyClient(this.#stack);
    const turn = this.#policyChanges;
    if (turn % 5 === 4) await policies.delete('soak');
    else await policies.put('soak', FRONTENDS[turn % FRONTENDS.length] ?? {});
    this.#policyChanges += 1;
  }

  /** One of four leaves as it should, or is killed; the one that is away comes back. */
  async #flap(): Promise<void> {
    const turn = this.#endpointChanges;
    this.#endpointChanges += 1;
    const away = this.#backends.find(({ isUp }) => !isUp);
    if (away !== undefined) {
      await away.start();
      this.#note(`${away.host} is back`);
      return this.#publishEndpoints();
    }
    const leaving = this.#backends[Math.floor(turn / 2) % this.#backends.length];
    if (leaving === undefined) return;
    if (turn % 4 === 0) {
      this.#note(`${leaving.host} is killed`);
      this.#kills.push(leaving.kill());
    }
    await this.#publishEndpoints(leaving);
    if (!leaving.isUp) return;
    this.#note(`${leaving.host} is taken out`);
    await pause(LEAVE_AFTER_MS);
    await leaving.leave();
  }

  #note(what: string): void {
    this.#flaps.push({ what, atMs: nowMs() });
  }

  /** With what had happened to the endpoints last when it ended. */
  #describe(fault: Failure): string {
    const last = this.#flaps.findLast(({ atMs }) => atMs <= fault.toMs);
    const since =
      last === undefined ? '' : `, ${(fault.toMs - last.atMs).toFixed(0)} ms after ${last.what}`;
    const tookMs = (fault.toMs - fault.fromMs).toFixed(0);
    return `${fault.kind}: ${fault.what}, after ${tookMs} ms${since}`;
  }

  /** Settles when the worker has them. */
  async #publishEndpoints(leaving?: FlappingBackend): Promise<void> {
    const hosts = this.#backends
      .filter((backend) => backend.isUp && backend !== leaving)
      .map(({ host }) => host);
    await this.#put(sampleSlice(SERVICE, 'one', hosts, this.#backendPort));
    await eventually(async () => {
      const url = `http://127.0.0.1:${this.#stack.port(15_000)}/config_dump`;
      const dump = (await (await fetch(url)).json()) as WorkloadDump;
      const held = dump.workloads.flatMap(({ workloadIps }) => workloadIps).sort();
      if (held.join() !== hosts.join()) throw new Error(`the worker has endpoints ${held}`);
    });
  }

  async #put(object: NamedObject): Promise<void> {
    const kind = findKind(object.kind);
    if (kind === undefined) throw new TypeError(`no kind ${object.kind}`);
    const path = `${apiPathOf(kind)}/namespaces/httpbin/${kind.plural}`;
    const replaced = await callApi(this.#stack, 'PUT', `${path}/${object.metadata.name}`, object);
    const { status, body } =
      replaced.status === 404 ? await callApi(this.#stack, 'POST', path, object) : replaced;
    if (status >= 400) throw new Error(`${object.kind}: ${status} ${JSON.stringify(body)}`);
  }

  #workerGauges(): Promise<Gauges> {
    const url = `http://127.0.0.1:${this.#stack.port(15_020)}/metrics`;
    return readGauges(this.#stack.childPid('dataplane/main'), url);
  }

  async #sample(): Promise<void> {
    const url = `http://127.0.0.1:${this.#stack.port(9979)}/metrics`;
    const controlPlane = this.#stack.childPid(' control-plane');
    this.#samples.worker.push(await this.#workerGauges());
    const token = readFileSync(join(this.#stack.dataDir, 'api.token'), 'utf8').trim();
    this.#samples['control plane'].push(await readGauges(controlPlane, url, token));
  }

  /** Every client is gone. Pooled upstream connections stay for as long as the backends let them. */
  #settledGauges(): Promise<Gauges> {
    return eventually(async () => {
      const gauges = await this.#workerGauges();
      const { downstream } = gauges;
      if (downstream > 0) throw new Error(await this.#describeLeft(downstream));
      return gauges;
    });
  }

  async #describeLeft(count: number): Promise<string> {
    const url = `http://127.0.0.1:${this.#stack.port(15_000)}/connections?side=downstream`;
    const rows = await (await fetch(url)).text();
    return `${count} connections of clients are left: ${rows}`;
  }

  #printProgress(): void {
    const seconds = Math.round((nowMs() - this.#startMs) / 1000);
    const total = Object.values(this.#done ?? {}).reduce((sum, count) => sum + count, 0);
    const faults = findFaults(this.#failures, this.#kills).length;
    const planes = Object.entries(this.#samples).map(([name, samples]) => {
      const last = samples[samples.length - 1];
      if (last === undefined) return name;
      const { residentMiB, heapMiB, descriptors, upstream } = last;
      const memory = `${residentMiB.toFixed(0)} MiB resident, ${heapMiB.toFixed(0)} heap`;
      const sockets = name === 'worker' ? `, ${upstream} upstream` : '';
      return `${name}: ${memory}, ${descriptors} descriptors${sockets}`;
    });
    const changes = `${this.#policyChanges} policies, ${this.#endpointChanges} endpoints changed`;
    const failed = `${faults} failed, ${this.#failures.length - faults} excused`;
    this.#options.print(`${seconds} s: ${total} done, ${failed}, ${changes}; ${planes.join('; ')}`);
  }

  #result(before: Gauges, after: Gauges): SoakResult {
    if (this.#done === undefined) throw new Error('the clients reported nothing');
    const faults = findFaults(this.#failures, this.#kills);
    const { worker, 'control plane': controlPlane } = this.#samples;
    return {
      done: this.#done,
      faults: faults.map((fault) => this.#describe(fault)),
      excused: this.#failures.length - faults.length,
      policyChanges: this.#policyChanges,
      endpointChanges: this.#endpointChanges,
      trends: { worker: findTrends(worker), 'control plane': findTrends(controlPlane) },
      before,
      after,
    };
  }
}

interface WorkloadDump {
  readonly workloads: readonly { readonly workloadIps: readonly string[] }[];
}

interface NamedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

function httpRoute(name: string, path: string, backend: object) {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: 'httpbin' },
    spec: {
      parentRefs: [{ name: 'agentgateway-proxy', sectionName: 'http' }],
      rules: [{ matches: [{ path: { type: 'PathPrefix', value: path } }], backendRefs: [backend] }],
    },
  };
}
