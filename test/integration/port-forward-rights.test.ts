// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { createAuthenticator } from '../../control-plane/auth/authenticate.js';
import { createForwarder } from '../../control-plane/port-forward/forwarder.js';
import { createTunnelBroker } from '../../control-plane/port-forward/tunnel-broker.js';
import { createPortForward } from '../../control-plane/port-forward/upgrade.js';
import { createMemoryStore } from '../../control-plane/store/memory-store.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { eventually } from '../support/eventually.js';
import { FORWARD_PATH } from '../support/forward-lab.js';

const TOKEN = 'a'.repeat(64);
const READER = { name: 'reader', audience: 'api', gateways: 'all' } as const;
const POD = { namespace: 'agentgateway-system', name: 'agentgateway-proxy-0' };

function parts() {
  return {
    store: createMemoryStore('store'),
    tunnels: createTunnelBroker(),
    bus: { publish: () => assert.fail('nothing was forwarded') },
    clock: systemClock(),
    logger: createLogger({ name: 'control-plane', level: 'silent' }),
  };
}

describe('the right to forward ports', () => {
  it('is not every identity’s: 403 in the words of Kubernetes', async (t) => {
    const forward = createPortForward({
      ...parts(),
      authenticate: createAuthenticator([{ token: TOKEN, identity: READER }]),
      allowedHosts: [],
      fleet: () => assert.fail('workers are nobody’s business who may not forward'),
    });
    const server = createServer().on('upgrade', forward.upgrade).listen(0, '127.0.0.1');
    t.after(() => {
      forward.stop();
      server.close();
    });
    await once(server, 'listening');
    const asked = request({
      ...{ host: '127.0.0.1', port: (server.address() as AddressInfo).port },
      ...{ method: 'POST', path: FORWARD_PATH },
      headers: {
        ...{ authorization: `Bearer ${TOKEN}`, connection: 'Upgrade', upgrade: 'SPDY/3.1' },
        'x-stream-protocol-version': 'portforward.k8s.io',
      },
    }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer) text += chunk;
    assert.equal(answer.statusCode, 403);
    assert.equal(
      JSON.parse(text).message,
      'pods "agentgateway-proxy-0" is forbidden: User "reader" cannot create resource "pods/portforward" in API group "" in the namespace "agentgateway-system"',
    );
  });

  it('is used in the log first: who, which pod, which target, without operations', async () => {
    const lab = parts();
    const worker = {
      ...{ key: 'worker/local/node-1', nodeId: 'node-1' },
      gateway: { cluster: 'local', namespace: 'httpbin', name: 'agentgateway-proxy' },
    };
    const forwarder = createForwarder(lab, { pod: POD, worker, place: undefined, actor: 'admin' });
    // The worker is away, so nothing is forwarded; that somebody wanted to is known all the same, once.
    for (const port of [15_000, 15_000, 15_020]) {
      await assert.rejects(forwarder.forward(port, new PassThrough()), { code: 'UNAVAILABLE' });
    }
    const seen: unknown[] = [];
    lab.store.watch(0, ({ actor, reason, ops }) => void seen.push({ actor, reason, ops }));
    const of = (target: string) => ({
      ...{ actor: 'admin', ops: [] },
      reason: `port-forward to pod agentgateway-system/agentgateway-proxy-0, target ${target}`,
    });
    await eventually(() => assert.deepEqual(seen, [of('admin'), of('stats')]));
  });
});
