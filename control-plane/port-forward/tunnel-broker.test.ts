// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TunnelFrame } from '../../shared/proto/gen/heartline/fleet/v1/TunnelFrame.js';
import { createTunnelBroker } from './tunnel-broker.js';

const WORKER = {
  ...{ key: 'worker/local/node-1', nodeId: 'node-1' },
  gateway: { cluster: 'local', namespace: 'httpbin', name: 'agentgateway-proxy' },
};

function attach(maxTunnels: number) {
  const broker = createTunnelBroker();
  const sent: TunnelFrame[] = [];
  const link = broker.attach(WORKER.key, {
    ...{ maxTunnels, build: '0.0.9' },
    send: (frame) => void sent.push(frame),
  });
  return { broker, link, sent };
}

describe('tunnels to a worker', () => {
  it('are none when its Hello knows nothing of them', () => {
    const { broker, sent } = attach(0);
    assert.throws(() => broker.open(WORKER, 'admin'), {
      code: 'UNIMPLEMENTED',
      message: /build 0\.0\.9\) carries no tunnels; update it/,
    });
    assert.deepEqual(sent, []);
  });

  it('are as many as it takes, and one more when one is gone', async () => {
    const { broker, sent } = attach(32);
    const open = Array.from({ length: 32 }, () => broker.open(WORKER, 'admin'));
    assert.throws(() => broker.open(WORKER, 'stats'), {
      code: 'UNAVAILABLE',
      message: /carries 32 tunnels already/,
    });
    assert.equal(new Set(sent.map(({ tunnelId }) => tunnelId)).size, 32);
    const [first] = open;
    await new Promise((resolve) => first?.once('close', resolve).destroy());
    broker.open(WORKER, 'stats');
    assert.deepEqual(sent.at(-1), { tunnelId: 33, open: { target: 'STATS' } });
  });

  it('end with its fleet stream', async () => {
    const { broker, link } = attach(32);
    const tunnel = broker.open(WORKER, 'admin');
    const error = new Promise<Error>((resolve) => void tunnel.once('error', resolve));
    link.close();
    assert.match((await error).message, /the worker left the control plane/);
    assert.throws(() => broker.open(WORKER, 'admin'), { code: 'UNAVAILABLE' });
  });
});
