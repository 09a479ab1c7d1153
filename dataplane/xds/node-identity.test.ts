// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { loadWire } from '../../shared/proto/wire.js';
import { nodeOf } from './node-identity.js';

it('a node selects by its Gateway and is named after its pod', () => {
  const { node } = loadWire();
  const read = node.decode(
    node.encode(
      nodeOf({
        pod: { namespace: 'agentgateway-system', name: 'agentgateway-proxy-0' },
        gateway: { namespace: 'httpbin', name: 'agentgateway-proxy' },
        cluster: 'local',
        instanceIp: '10.0.0.7',
        nodeName: 'machine-1',
        build: '0.1.0',
      }),
    ),
  );
  assert.equal(
    read.id,
    'agentgateway~10.0.0.7~agentgateway-proxy-0.agentgateway-system~agentgateway-system.svc.cluster.local',
  );
  const fields = Object.entries(read.metadata?.fields ?? {});
  assert.deepEqual(fields.map(([key, { stringValue }]) => `${key}=${stringValue}`).sort(), [
    'GATEWAY_NAME=agentgateway-proxy',
    'INSTANCE_IPS=10.0.0.7',
    'NAME=agentgateway-proxy-0',
    'NAMESPACE=agentgateway-system',
    'NODE_NAME=machine-1',
    'heartline.build=0.1.0',
    'role=httpbin~agentgateway-proxy',
  ]);
});
