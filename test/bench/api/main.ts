// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startNodeProcess } from '../support/line-process.js';
import { keepaliveFrontend } from '../support/policy-writer.js';
import { cpuSeconds } from '../support/process-cost.js';
import { median, quantile } from '../support/statistics.js';
import { type Address, CONNECTIONS, openSubject, type Subject } from './subject.js';

/**
 * What the Kubernetes API costs with 10,000 policies: writing them, listing them, and telling 1,000 watchers of one
 * change. A real API server for custom resources can be measured beside it in the same run:
 * `--peer URL --peer-pid PID[,PID]`, with deploy/crds applied and no authorization.
 */
const POLICIES = 10_000;
const WATCHERS = 1_000;
const LISTS = 9;
const CHANGES = 100;
const SINGLE_APPLIES = 200;
const NAMESPACE = 'bench';
const COLLECTION = `/apis/agentgateway.dev/v1alpha1/namespaces/${NAMESPACE}/agentgatewaypolicies`;
const EVERYWHERE = '/apis/agentgateway.dev/v1alpha1/agentgatewaypolicies';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const LIST_LIMIT_MS = 300;
const APPLIES_PER_SECOND = 1_000;

/** Each policy has a Gateway of its own: what many policies of one cost is a matter of `compile`. */
function policy(at: number, seconds: number): object {
  const targetRefs = [
    { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: `gateway-${at}` },
  ];
  return {
    apiVersion: 'agentgateway.dev/v1alpha1',
    kind: 'AgentgatewayPolicy',
    metadata: { name: `policy-${at}`, namespace: NAMESPACE },
    spec: { targetRefs, frontend: keepaliveFrontend(seconds) },
  };
}

/** Runs `task` for 0..count-1 on as many connections as there are. */
async function together(count: number, task: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const at = next;
      next += 1;
      await task(at);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function costOf(subject: Subject, run: () => Promise<unknown>): Promise<Cost> {
  const cpu = cpuSeconds(subject.pids);
  const start = performance.now();
  await run();
  const wallMs = performance.now() - start;
  return { wallMs, cpuMs: (cpuSeconds(subject.pids) - cpu) * 1000 };
}

function print(title: string, text: string): void {
  console.log(`  ${title.padEnd(34)} ${text}`);
}

async function measureWrites(subject: Subject): Promise<void> {
  const created = await costOf(subject, () =>
    together(POLICIES, (at) => subject.call('POST', COLLECTION, { body: policy(at, 30) })),
  );
  const patched = await costOf(subject, () =>
    together(POLICIES, (at) =>
      subject.call('PATCH', `${COLLECTION}/policy-${at}`, {
        body: { spec: { frontend: keepaliveFrontend(31) } },
        contentType: 'application/merge-patch+json',
      }),
    ),
  );
  const applied = await costOf(subject, () =>
    together(POLICIES, (at) =>
      subject.call(
        'PATCH',
        `${COLLECTION}/policy-${at}?fieldManager=bench&force=true&fieldValidation=Strict`,
        { body: policy(at, 32), contentType: 'application/apply-patch+yaml' },
      ),
    ),
  );
  for (const [name, { wallMs, cpuMs }] of Object.entries({ created, patched, applied })) {
    const rate = (POLICIES / wallMs) * 1000;
    const each = (cpuMs / POLICIES) * 1000;
    print(
      `${name}, ${CONNECTIONS} connections`,
      `${rate.toFixed(0)} /s, ${each.toFixed(0)} us CPU each   to reach ${APPLIES_PER_SECOND} /s`,
    );
  }
  const alone: number[] = [];
  for (let at = 0; at < SINGLE_APPLIES; at += 1) {
    const start = performance.now();
    await subject.call('PATCH', `${COLLECTION}/policy-${at}`, {
      body: { spec: { frontend: keepaliveFrontend(33) } },
      contentType: 'application/merge-patch+json',
    });
    alone.push(performance.now() - start);
  }
  print('one after the other', `p50 ${quantile(alone, 0.5).toFixed(2)} ms`);
}

async function measureLists(subject: Subject): Promise<void> {
  const shapes = { json: 'application/json', table: TABLE };
  for (const [name, accept] of Object.entries(shapes)) {
    const times: number[] = [];
    let bytes = 0;
    const { cpuMs } = await costOf(subject, async () => {
      for (let round = 0; round < LISTS; round += 1) {
        const start = performance.now();
        bytes = await subject.call('GET', EVERYWHERE, { accept });
        times.push(performance.now() - start);
      }
    });
    print(
      `list of ${POLICIES} as ${name}`,
      `first ${times[0]?.toFixed(0)} ms, median ${median(times).toFixed(0)} ms, ${(cpuMs / LISTS).toFixed(0)} ms CPU, ${(bytes / 1e6).toFixed(1)} MB   to reach ${LIST_LIMIT_MS} ms`,
    );
  }
}

/** Changes one object again and again, each time waiting until every watcher was told. */
async function measureWatch(subject: Subject, watchers: number): Promise<number> {
  let frames = 0;
  let wanted = Number.POSITIVE_INFINITY;
  let told: () => void = () => undefined;
  const onLines = (count: number): void => {
    frames += count;
    if (frames >= wanted) told();
  };
  const path = `${COLLECTION}?watch=true&fieldSelector=metadata.name%3Dpolicy-0`;
  // The first frame of each is the object as it is.
  wanted = watchers;
  await until(async () => {
    for (let at = 0; at < watchers; at += 1) await subject.watch(path, onLines);
  });
  const delays: number[] = [];
  const { cpuMs } = await costOf(subject, async () => {
    for (let change = 0; change < CHANGES; change += 1) {
      wanted = frames + watchers;
      const start = performance.now();
      await until(() =>
        subject.call('PATCH', `${COLLECTION}/policy-0`, {
          body: { spec: { frontend: keepaliveFrontend(100 + change) } },
          contentType: 'application/merge-patch+json',
        }),
      );
      delays.push(performance.now() - start);
    }
  });
  const each = cpuMs / CHANGES;
  print(
    `change told to ${watchers} watcher${watchers === 1 ? '' : 's'}`,
    `p50 ${quantile(delays, 0.5).toFixed(1)} ms, p99 ${quantile(delays, 0.99).toFixed(1)} ms, ${each.toFixed(2)} ms CPU`,
  );
  return each;

  async function until(act: () => Promise<unknown>): Promise<void> {
    const done = new Promise<void>((resolve) => {
      told = resolve;
    });
    await act();
    if (frames < wanted) await done;
  }
}

async function measure(address: Address): Promise<void> {
  console.log(address.name);
  const writer = openSubject(address);
  await measureWrites(writer);
  await measureLists(writer);
  await writer.close();
  const costs: number[] = [];
  for (const watchers of [1, WATCHERS]) {
    const subject = openSubject(address);
    costs.push(await measureWatch(subject, watchers));
    await subject.close();
  }
  const [one = 0, many = 0] = costs;
  print(
    'one more watcher',
    `${(((many - one) / (WATCHERS - 1)) * 1000).toFixed(1)} us CPU an event`,
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { peer: { type: 'string' }, 'peer-pid': { type: 'string' } },
  });
  const dataDir = mkdtempSync(join(tmpdir(), 'heartline-bench-'));
  const child = startNodeProcess(new URL('heartline-main.js', import.meta.url), [dataDir]);
  try {
    const [port, token = ''] = (await child.read()).split(' ');
    const pids = [child.child.pid ?? 0];
    await measure({ name: 'heartline', url: `https://127.0.0.1:${port}`, token, pids });
    if (values.peer !== undefined) {
      const peers = (values['peer-pid'] ?? '').split(',').filter(Boolean).map(Number);
      await measure({ name: 'peer', url: values.peer, pids: peers });
    }
  } finally {
    await child.end();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

await main();
