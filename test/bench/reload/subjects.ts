// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { policyClient } from '../../support/policies.js';
import type { Stack } from '../../support/stack.js';
import { type NativeProxy, startHaproxy, startNginx } from '../support/native-proxy.js';
import { keepaliveFrontend, openPolicyWriter } from '../support/policy-writer.js';
import { familyOf } from '../support/process-cost.js';

/** A proxy whose keepalive time changes while it serves. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  /** Every process of it. */
  pids(): number[];
  change(idleSeconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** In front of the sample of `stack`, like Heartline itself; undefined where it is not installed. */
export async function startNative(
  name: 'nginx' | 'haproxy',
  stack: Stack,
  idleSeconds: number,
): Promise<Subject | undefined> {
  const directory = join(stack.dataDir, name);
  mkdirSync(directory, { recursive: true });
  const valuesOf = (time: number) => ({ time, interval: 5, retries: 3 });
  const start = name === 'nginx' ? startNginx : startHaproxy;
  const keepalive = valuesOf(idleSeconds);
  const originPort = stack.port(18000);
  const proxy = await start({ directory, originPort, mode: 'http', keepalive });
  return proxy && { name, ...nativeSubject(proxy, valuesOf) };
}

function nativeSubject(
  { port, pids, reload, stop }: NativeProxy,
  valuesOf: (time: number) => Parameters<NativeProxy['reload']>[0],
): Omit<Subject, 'name'> {
  return { port, pids, stop, change: async (idleSeconds) => reload(valuesOf(idleSeconds)) };
}

/** Control plane, worker and sample: the change is an API request, its answer is awaited. */
export async function heartlineOf(stack: Stack, idleSeconds: number): Promise<Subject> {
  await policyClient(stack).put('bench', keepaliveFrontend(idleSeconds));
  const writer = await openPolicyWriter(stack);
  return {
    name: 'heartline',
    port: stack.port(8080),
    pids: () => familyOf(stack.up.pid ?? 0),
    change: (seconds) => writer.put(seconds),
    stop: async () => writer.close(),
  };
}
