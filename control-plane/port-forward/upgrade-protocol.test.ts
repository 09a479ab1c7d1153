// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agreeOnProtocol } from './upgrade-protocol.js';

const TUNNEL = 'SPDY/3.1+portforward.k8s.io';
const CHANNELS = 'v4.channel.k8s.io';
const webSocket = (...names: readonly string[]) => ({
  upgrade: 'websocket',
  'sec-websocket-protocol': names.join(', '),
});

describe('the protocol of a port-forward', () => {
  for (const [name, headers, query, protocol] of [
    [
      'SPDY, in any case',
      { upgrade: 'spdy/3.1', 'x-stream-protocol-version': 'portforward.k8s.io' },
      '',
      { kind: 'spdy' },
    ],
    [
      'SPDY, one of several offers',
      { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': ['v9', 'portforward.k8s.io'] },
      '',
      { kind: 'spdy' },
    ],
    ['SPDY in a websocket', webSocket(TUNNEL), '', { kind: 'spdy-in-websocket', name: TUNNEL }],
    [
      'streams rather than channels',
      webSocket(CHANNELS, TUNNEL),
      'ports=1',
      { kind: 'spdy-in-websocket', name: TUNNEL },
    ],
    [
      'channels, ports by comma and again',
      webSocket('v5.channel.k8s.io', CHANNELS),
      'ports=1,65535&ports=3',
      { kind: 'channels', name: CHANNELS, ports: [1, 65_535, 3] },
    ],
  ] as const) {
    it(`is ${name}`, () => {
      assert.deepEqual(agreeOnProtocol(headers, new URLSearchParams(query)), protocol);
    });
  }

  for (const [name, headers, query, message] of [
    ['no upgrade', {}, '', /Upgrade \(none\) is not spoken here/],
    ['h2c', { upgrade: 'h2c' }, '', /use SPDY\/3\.1 or websocket/],
    ['SPDY without streams', { upgrade: 'SPDY/3.1' }, '', /use portforward\.k8s\.io/],
    ['websockets of another kind', webSocket('graphql-ws'), '', /graphql-ws is not spoken here/],
    ['no ports', webSocket(CHANNELS), '', /names no 1 to 8 ports/],
    ['port 0', webSocket(CHANNELS), 'ports=0', /names no 1 to 8 ports/],
    ['port 65536', webSocket(CHANNELS), 'ports=65536', /names no 1 to 8 ports/],
    ['nine ports', webSocket(CHANNELS), 'ports=1,2,3,4,5,6,7,8,9', /names no 1 to 8 ports/],
  ] as const) {
    it(`is never ${name}`, () => {
      assert.throws(() => agreeOnProtocol(headers, new URLSearchParams(query)), {
        code: 'INVALID_ARGUMENT',
        message,
      });
    });
  }
});
