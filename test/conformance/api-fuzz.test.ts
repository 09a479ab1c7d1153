// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { startTestApi, type TestApi } from '../support/api-server.js';
import { eventually } from '../support/eventually.js';
import { type NoisyRequest, noisyRequest } from './api-noise.js';

/** The same requests in every run; HEARTLINE_FUZZ_SEED finds others. */
const SEED = Number(process.env['HEARTLINE_FUZZ_SEED'] ?? 20_26);
const BATCHES = 16;
const BATCH = 60;
/** At once: enough for writes to race each other. */
const PARALLEL = 6;
/** Far above any answer: it ends a hang. */
const DEADLINE_MS = 10_000;
/** What the run may leave in the heap; a request that is kept would be more. */
const MAX_GROWTH_BYTES = 60 * 1024 * 1024;

const COLLECTIONS = [
  '/apis/agentgateway.dev/v1alpha1/agentgatewaypolicies',
  '/apis/agentgateway.dev/v1alpha1/agentgatewaybackends',
  '/apis/gateway.networking.k8s.io/v1/gateways',
  '/apis/gateway.networking.k8s.io/v1/httproutes',
] as const;

interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion: string;
  };
}
interface ObjectList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly StoredObject[];
}

test('whatever is sent, the API answers, stores all or nothing, and tells watchers what it stores', async (t) => {
  const api = await startTestApi();
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL + COLLECTIONS.length + 1 });
  const caller = { api, agent };
  t.after(async () => {
    agent.destroy();
    await api.close();
  });
  const watched = await Promise.all(COLLECTIONS.map((path) => watch(caller, path)));
  t.after(() => {
    for (const { stop } of watched) stop();
  });

  let heapBytes = 0;
  let batches = 0;
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(noisyRequest, { minLength: BATCH, maxLength: BATCH }),
      async (requests) => {
        await sendAll(caller, requests, statuses);
        for (const { path, objects } of watched) {
          const list = await readStored(caller, path);
          await eventually(() => assert.deepEqual(byKey(objects.values()), byKey(list)));
        }
        batches += 1;
        // The first batches load code and fill caches.
        if (batches === 5) heapBytes = heapAfterCollection();
      },
    ),
    { seed: SEED, numRuns: BATCHES, endOnFailure: true },
  );
  const grown = heapAfterCollection() - heapBytes;
  assert.ok(grown < MAX_GROWTH_BYTES, `the heap has grown by ${grown} bytes`);
  assert.deepEqual(
    api.logged.filter((line) => /"level":"(?:error|fatal)"/.test(line)),
    [],
  );
  // Noise that never gets past the door proves little.
  for (const status of [200, 201, 400, 404, 405, 409, 415, 422]) {
    assert.ok((statuses.get(status) ?? 0) > 5, `${status}: ${statuses.get(status) ?? 0} answers`);
  }
});

interface Caller {
  readonly api: TestApi;
  readonly agent: Agent;
}

async function sendAll(
  caller: Caller,
  requests: readonly NoisyRequest[],
  statuses: Map<number, number>,
): Promise<void> {
  const queue = [...requests];
  const work = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const status = await judge(caller, next);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** An answer below 500, and a Status that agrees with it when it is a refusal. */
async function judge(caller: Caller, noisy: NoisyRequest): Promise<number> {
  const { method, path } = noisy;
  const place = `${method} ${path} ${JSON.stringify(noisy.headers)} ${noisy.body?.toString('latin1').slice(0, 500)}`;
  const { status, headers, text } = await send(caller, noisy);
  assert.ok(status < 500, `${status}: ${text}\n${place}`);
  const isStatus = status >= 400 && /^application\/json/.test(String(headers['content-type']));
  if (isStatus && method !== 'HEAD') {
    const body = JSON.parse(text) as { readonly kind: string; readonly code: number };
    assert.deepEqual([body.kind, body.code], ['Status', status], place);
  }
  return status;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Empty for a watch, which is left at its first byte. */
  readonly text: string;
}

function send(caller: Caller, { method, path, headers, body }: NoisyRequest): Promise<Reply> {
  const isUpgrade = 'upgrade' in headers;
  return new Promise((resolve, reject) => {
    const asked = request({
      ...{ host: '127.0.0.1', port: caller.api.address.port, method, path },
      ...(isUpgrade ? {} : { agent: caller.agent }),
      headers: {
        ...headers,
        authorization: `Bearer ${caller.api.token}`,
        ...(body === undefined ? {} : { 'content-length': body.length }),
      },
      timeout: DEADLINE_MS,
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer: ${method} ${path}`)));
    asked.once('error', reject);
    asked.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: '' });
    });
    asked.once('response', (response) => void readReply(response, path).then(resolve, reject));
    asked.end(body);
  });
}

async function readReply(response: IncomingMessage, path: string): Promise<Reply> {
  const { statusCode: status = 0, headers } = response;
  if (status === 200 && /[?&]watch=/.test(path) && headers['content-length'] === undefined) {
    response.destroy();
    return { status, headers, text: '' };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status, headers, text: Buffer.concat(chunks).toString('utf8') };
}

async function getJson(caller: Caller, path: string): Promise<unknown> {
  const { status, text } = await send(caller, {
    method: 'GET',
    path,
    headers: {},
    body: undefined,
  });
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

/** What a list says, after each object of it was read by itself and found valid. */
async function readStored(caller: Caller, path: string): Promise<readonly StoredObject[]> {
  const { items } = (await getJson(caller, path)) as ObjectList;
  const collection = path.split('/');
  const plural = collection.pop();
  for (const item of items) {
    const { namespace, name } = item.metadata;
    const itemPath = `${collection.join('/')}/namespaces/${namespace}/${plural}/${name}`;
    assert.deepEqual(await getJson(caller, itemPath), item);
    const { status, text } = await send(caller, {
      ...{ method: 'PUT', path: `${itemPath}?dryRun=All&fieldValidation=Strict` },
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(item)),
    });
    assert.equal(status, 200, `an object is stored that is not valid: ${text}`);
  }
  return items;
}

interface Watched {
  readonly path: string;
  /** The objects as the events have left them. */
  readonly objects: ReadonlyMap<string, StoredObject>;
  stop(): void;
}

async function watch(caller: Caller, path: string): Promise<Watched> {
  const { metadata } = (await getJson(caller, path)) as ObjectList;
  const objects = new Map<string, StoredObject>();
  const asked = request({
    ...{ host: '127.0.0.1', port: caller.api.address.port, agent: caller.agent },
    path: `${path}?watch=true&resourceVersion=${metadata.resourceVersion}`,
    headers: { authorization: `Bearer ${caller.api.token}` },
  });
  asked.on('error', () => undefined);
  const response = await new Promise<IncomingMessage>((resolve) => {
    asked.once('response', resolve);
    asked.end();
  });
  response.on('error', () => undefined);
  const lines = createInterface(response);
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    const { type, object } = JSON.parse(line) as {
      readonly type: string;
      readonly object: StoredObject;
    };
    const key = keyOf(object);
    // An event that does not fit what is known leaves a trace that no list has.
    const isFitting = {
      ADDED: !objects.has(key),
      MODIFIED: objects.has(key),
      DELETED: objects.has(key),
    };
    if (!isFitting[type as keyof typeof isFitting]) objects.set(`${type} ${key}`, object);
    else if (type === 'DELETED') objects.delete(key);
    else objects.set(key, object);
  });
  return { path, objects, stop: () => asked.destroy() };
}

function keyOf({ metadata }: StoredObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function byKey(objects: Iterable<StoredObject>): readonly StoredObject[] {
  return [...objects].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
