// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../../log/transaction.js';
import { objectTable } from './columns.js';

function cells(
  kind: string,
  spec: JsonValue,
  status: JsonValue = {},
): readonly string[] | undefined {
  const metadata = { name: 'x', namespace: 'n', creationTimestamp: '1970-01-01T00:00:00Z' };
  return objectTable([{ apiVersion: 'v', kind, metadata, spec, status }], kind, 60_000).rows[0];
}

const condition = (type: string, status: string, reason = 'R') => ({ type, status, reason });

describe('columns of get', () => {
  it('conditions of a policy', () => {
    const conditions = [condition('Accepted', 'True'), condition('InForce', 'False', 'RollingOut')];
    assert.deepEqual(cells('AgentgatewayPolicy', {}, { conditions }), [
      'n',
      'x',
      'True',
      '',
      'False (RollingOut)',
      '1m',
    ]);
  });

  it('the worst ancestor when a policy has only those', () => {
    const ancestors = [
      { conditions: [condition('Accepted', 'True'), condition('Attached', 'Unknown', 'Q')] },
      { conditions: [condition('Accepted', 'False', 'Conflicted'), condition('Attached', 'True')] },
    ];
    assert.deepEqual(cells('AgentgatewayPolicy', {}, { ancestors }), [
      'n',
      'x',
      'False (Conflicted)',
      'Unknown (Q)',
      '',
      '1m',
    ]);
  });

  for (const [kind, body, expected] of [
    ['EndpointSlice', { addressType: 'IPv4', endpoints: [{}, {}] }, ['n', 'x', 'IPv4', '2', '1m']],
    [
      'Secret',
      { type: 'kubernetes.io/tls', data: { a: '', b: '' } },
      ['n', 'x', 'kubernetes.io/tls', '2', '1m'],
    ],
  ] as const) {
    it(`${kind}, which has no spec`, () => {
      const metadata = { name: 'x', namespace: 'n', creationTimestamp: '1970-01-01T00:00:00Z' };
      const object = { apiVersion: 'v', kind, metadata, ...body };
      assert.deepEqual(objectTable([object], kind, 60_000).rows[0], expected);
    });
  }

  for (const [kind, spec, expected] of [
    [
      'Service',
      {
        type: 'ClusterIP',
        ports: [
          { port: 80, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
      ['ClusterIP', '80/TCP,53/UDP'],
    ],
    [
      'Gateway',
      {
        gatewayClassName: 'c',
        listeners: [
          { name: 'http', port: 80 },
          { name: 'tcp', port: 90 },
        ],
      },
      ['c', 'http:80,tcp:90'],
    ],
    [
      'HTTPRoute',
      { hostnames: ['a', 'b'], parentRefs: [{ name: 'gw', sectionName: 's' }] },
      ['a,b', 'gw/s'],
    ],
    ['TCPRoute', { parentRefs: [{ name: 'gw' }] }, ['gw']],
    ['AgentgatewayBackend', { static: { host: 'h', port: 1 } }, ['h:1']],
    ['AgentgatewayBackend', {}, ['']],
    ['Other', {}, []],
  ] as const) {
    it(`of a ${kind}`, () => assert.deepEqual(cells(kind, spec)?.slice(2, -1), expected));
  }
});
