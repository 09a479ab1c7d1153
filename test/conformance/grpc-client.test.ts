// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { type DiscoveryServer, startDiscoveryServer } from '../support/discovery-server.js';
import { loadEnvoyMessages } from '../support/envoy-messages.js';
import { eventually } from '../support/eventually.js';
import { handMadeSets } from '../support/hand-made-sets.js';

const CLUSTER = 'envoy.config.cluster.v3.Cluster';
const ENDPOINTS = 'envoy.config.endpoint.v3.ClusterLoadAssignment';
const LISTENER = 'envoy.config.listener.v3.Listener';
const ROUTES = 'envoy.config.route.v3.RouteConfiguration';
const MANAGER = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const urlOf = (name: string): string => `type.googleapis.com/${name}`;

const messages = loadEnvoyMessages();
const sets = handMadeSets();
const asItIs = (bytes: Buffer): Buffer => bytes;
/** The gRPC client has no token to send. */
const anybody = () =>
  ({ name: 'grpc', audience: 'worker', cluster: 'local', gateways: 'all' }) as const;

function putListenerAndRoutes(): void {
  const router = messages.any('envoy.extensions.filters.http.router.v3.Router', {});
  const manager = messages.any(MANAGER, {
    rds: { routeConfigName: 'routes', configSource: { ads: {} } },
    httpFilters: [{ name: 'router', typedConfig: router }],
  });
  const listener = { name: 'svc', apiListener: { apiListener: manager } };
  sets.put(urlOf(LISTENER), { svc: messages.encode(LISTENER, listener) });
  const route = { match: { prefix: '' }, route: { cluster: 'backend' } };
  const virtualHosts = [{ name: 'all', domains: ['*'], routes: [route] }];
  sets.put(urlOf(ROUTES), {
    routes: messages.encode(ROUTES, { name: 'routes', virtualHosts }),
    unrelated: messages.encode(ROUTES, { name: 'unrelated', virtualHosts }),
  });
}

function putCluster(lbPolicy: 'ROUND_ROBIN' | 'MAGLEV', maxRequests: number): void {
  const cluster = {
    ...{ name: 'backend', type: 'EDS', lbPolicy },
    edsClusterConfig: { edsConfig: { ads: {} } },
    circuitBreakers: { thresholds: [{ maxRequests: { value: maxRequests } }] },
  };
  sets.put(urlOf(CLUSTER), { backend: messages.encode(CLUSTER, cluster) });
}

function putEndpoint(port: number): void {
  const socketAddress = { address: '127.0.0.1', portValue: port };
  const assignment = {
    clusterName: 'backend',
    endpoints: [
      {
        locality: { region: 'here' },
        loadBalancingWeight: { value: 1 },
        lbEndpoints: [{ healthStatus: 'HEALTHY', endpoint: { address: { socketAddress } } }],
      },
    ],
  };
  sets.put(urlOf(ENDPOINTS), { backend: messages.encode(ENDPOINTS, assignment) });
}

/** A gRPC service of one method, /test.Names/Get, that answers its own name. */
async function startBackend(name: string): Promise<{ readonly port: number; stop(): void }> {
  const server = new Server();
  const method = {
    path: '/test.Names/Get',
    requestStream: false,
    responseStream: false,
    ...{ requestSerialize: asItIs, requestDeserialize: asItIs },
    ...{ responseSerialize: asItIs, responseDeserialize: asItIs },
  };
  server.addService(
    { Get: method },
    {
      Get: (_call: unknown, done: (error: null, bytes: Buffer) => void) =>
        done(null, Buffer.from(name)),
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, stop: () => server.forceShutdown() };
}

let server: DiscoveryServer;
const stops: (() => void)[] = [];

before(async () => {
  server = await startDiscoveryServer({ sets, authenticate: anybody });
  process.env['GRPC_XDS_BOOTSTRAP_CONFIG'] = JSON.stringify({
    xds_servers: [
      {
        server_uri: server.target,
        channel_creds: [{ type: 'insecure' }],
        server_features: ['xds_v3'],
      },
    ],
    node: { id: 'grpc-1', locality: {}, metadata: { role: 'httpbin~gw' } },
  });
  register();
});
after(async () => {
  for (const stop of stops) stop();
  await server.stop();
});

const ask = (client: Client): Promise<string> =>
  new Promise((resolve, reject) => {
    client.makeUnaryRequest('/test.Names/Get', asItIs, asItIs, Buffer.alloc(0), (error, bytes) =>
      error === null ? resolve(String(bytes)) : reject(error),
    );
  });

const countOf = (type: 'sent' | 'accepted' | 'rejected', name: string): number =>
  server.events.filter((event) => event.type === type && event.typeUrl === urlOf(name)).length;

test("gRPC's own xDS client: an RPC through it, a cluster it refuses, the fix, an endpoint that moves", async () => {
  const [first, second] = [await startBackend('first'), await startBackend('second')];
  stops.push(first.stop, second.stop);
  putListenerAndRoutes();
  putCluster('ROUND_ROBIN', 100);
  putEndpoint(first.port);
  const client = new Client('xds:///svc', credentials.createInsecure());
  stops.push(() => client.close());
  assert.equal(await ask(client), 'first');
  await eventually(() => assert.equal(countOf('accepted', ENDPOINTS), 1));

  putCluster('MAGLEV', 100);
  await eventually(() => assert.equal(countOf('rejected', CLUSTER), 1));
  const refusal = server.events.find((event) => event.type === 'rejected');
  assert.match(JSON.stringify(refusal), /Cluster message validation failed/);
  assert.equal(await ask(client), 'first');
  assert.equal(countOf('sent', CLUSTER), 2);

  putCluster('ROUND_ROBIN', 200);
  await eventually(() => assert.equal(countOf('accepted', CLUSTER), 2));
  putEndpoint(second.port);
  await eventually(async () => assert.equal(await ask(client), 'second'));
  assert.equal(countOf('rejected', CLUSTER), 1);
});
