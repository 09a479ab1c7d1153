// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DeltaDiscoveryResponse__Output } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import { loadWire } from '../../shared/proto/wire.js';
import { untilInSync } from '../support/bring-up.js';
import { DeltaClient, namesOf } from '../support/delta-client.js';
import { eventually } from '../support/eventually.js';
import { callApi, readWorker } from '../support/installation.js';
import { policyClient } from '../support/policies.js';
import { sampleGateway, samplePolicy } from '../support/sample-objects.js';
import { type Stack, startStack } from '../support/stack.js';

/** Responses are counted on two streams of one gateway: one played here, and the one of the live worker. */
const wire = loadWire();
const TCP_FILE = 'deploy/examples/tcp-keepalive.yaml';
const HTTP_FILE = 'deploy/examples/http-keepalive.yaml';
const TCP_NAME =
  'policy/frontend/httpbin/httpbin-keepalive:frontend-tcp:httpbin/agentgateway-proxy';

let stack: Stack;
let stream: DeltaClient;
const open: DeltaClient[] = [];

before(async () => {
  stack = await startStack();
  await untilInSync(stack);
  stream = connect('counted');
  await stream.open();
});

after(async () => {
  for (const client of open) client.close();
  await stack.stop();
});

function connect(nodeId: string, role = 'httpbin~agentgateway-proxy'): DeltaClient {
  const token = readFileSync(join(stack.dataDir, 'worker.token'), 'utf8').trim();
  const target = `127.0.0.1:${stack.port(9978)}`;
  const client = new DeltaClient({ wire, target, token, role, nodeId, metadata: { NAME: nodeId } });
  open.push(client);
  return client;
}

async function apply(file: string): Promise<string> {
  const { code, stdout, stderr } = await stack.heartline('apply', '-f', file);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** The one response that comes next, acknowledged; nothing else has come with it. */
async function takeOne(client: DeltaClient): Promise<DeltaDiscoveryResponse__Output> {
  const response = await client.next();
  client.ack(response);
  await client.assertQuiet();
  return response;
}

const numberOf = (response: DeltaDiscoveryResponse__Output): number =>
  Number(response.systemVersionInfo?.split('-')[0]);

/** Runs `change`; says how many responses and resources the live worker got until it held another version. */
async function countAtWorker(change: () => Promise<unknown>) {
  const start = await readWorker(stack);
  await change();
  return eventually(async () => {
    const end = await readWorker(stack);
    assert.notEqual(end.version, start.version);
    return {
      responses: end.responses - start.responses,
      resources: end.resources - start.resources,
    };
  });
}

test('both types are answered once on connect, and then nothing comes', async () => {
  await stream.assertQuiet();
  assert.equal(stream.received.length, 2);
});

test('a new policy, a changed policy: exactly one response with exactly one resource', async () => {
  const created = await countAtWorker(() => apply(TCP_FILE));
  const first = await takeOne(stream);
  assert.deepEqual(namesOf(first), [TCP_NAME]);
  assert.deepEqual(created, { responses: 1, resources: 1 });

  const values = { tcp: { keepalive: { time: '31s', interval: '5s', retries: 3 } } };
  const changed = await countAtWorker(() => policyClient(stack).put('httpbin-keepalive', values));
  const second = await takeOne(stream);
  assert.deepEqual(namesOf(second), [TCP_NAME]);
  assert.equal(numberOf(second), numberOf(first) + 1);
  assert.deepEqual(changed, { responses: 1, resources: 1 });
  assert.equal(stream.received.length, 4);
});

test("equal applies and another gateway's changes: no response, no version", async () => {
  await apply(TCP_FILE);
  const last = await takeOne(stream);
  const other = connect('other', 'httpbin~other');
  await other.open();

  const counted = await countAtWorker(async () => {
    assert.match(await apply(TCP_FILE), /httpbin-keepalive unchanged/);
    assert.match(await apply(TCP_FILE), /httpbin-keepalive unchanged/);
    await create('gateways', 'gateway.networking.k8s.io/v1', sampleGateway('other', [9090]));
    const policy = samplePolicy('elsewhere', { time: '9s' }, 'other');
    await create('agentgatewaypolicies', 'agentgateway.dev/v1alpha1', policy);
    // What is not answered leaves no trace; a change of the gateway's own comes after all of it.
    const seen: string[] = [];
    while (!seen.some((name) => name.includes('elsewhere'))) {
      const response = await other.next();
      other.ack(response);
      seen.push(...namesOf(response));
    }
    await policyClient(stack).put('marker', { http: { http1MaxHeaders: 50 } });
  });
  const marker = await takeOne(stream);
  assert.equal(namesOf(marker).length, 1);
  assert.match(namesOf(marker)[0] ?? '', /\/marker:frontend-http:/);
  assert.equal(numberOf(marker), numberOf(last) + 1);
  assert.deepEqual(counted, { responses: 1, resources: 1 });
  await other.assertQuiet();
  await policyClient(stack).delete('marker');
  await takeOne(stream);
});

async function create(plural: string, apiVersion: string, object: object): Promise<void> {
  const path = `/apis/${apiVersion}/namespaces/httpbin/${plural}`;
  const { status, body } = await callApi(stack, 'POST', path, object);
  assert.equal(status, 201, JSON.stringify(body));
}

test('a replaced spec: one response, one resource added and one name removed', async () => {
  const counted = await countAtWorker(() => apply(HTTP_FILE));
  const response = await takeOne(stream);
  const httpName = TCP_NAME.replace('frontend-tcp', 'frontend-http');
  assert.deepEqual(namesOf(response), [httpName, `-${TCP_NAME}`]);
  assert.deepEqual(counted, { responses: 1, resources: 2 });
  await countAtWorker(() => apply(TCP_FILE));
  await takeOne(stream);
});

test('a deleted policy: exactly one response with one removed name', async () => {
  const counted = await countAtWorker(async () => {
    const command = ['delete', 'agentgatewaypolicy', 'httpbin-keepalive', '-n', 'httpbin'];
    assert.equal((await stack.heartline(...command)).code, 0);
  });
  const response = await takeOne(stream);
  assert.deepEqual(namesOf(response), [`-${TCP_NAME}`]);
  assert.deepEqual(counted, { responses: 1, resources: 1 });
});

test('a reconnect that names what it holds: one response for each type, no resources', async () => {
  const first = connect('reconnecting');
  const answer = await first.open();
  const held = Object.fromEntries(answer.resources.map((r) => [r.name ?? '', r.version ?? '']));
  assert.ok(Object.keys(held).length > 0);
  first.cancel();
  await first.status;

  const second = connect('reconnecting');
  await second.open(held);
  await second.assertQuiet();
  assert.deepEqual(second.received.map(namesOf), [[], []]);
  assert.equal(new Set(second.received.map(({ typeUrl }) => typeUrl)).size, 2);
  second.cancel();
  await second.status;

  await apply(TCP_FILE);
  await takeOne(stream);
  const third = connect('reconnecting');
  assert.deepEqual(namesOf(await third.open(held)), [TCP_NAME], 'only what it missed');
  await third.assertQuiet();
});
