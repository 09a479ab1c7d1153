// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kindOf } from '../../../test/support/sample-objects.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { builtInColumns } from './built-in-columns.js';

const NOW = Date.parse('2026-11-22T13:05:00Z');

/** The line that `kubectl get -o wide` shows. */
function line(kind: string, body: object): string {
  const metadata = { name: 'a', creationTimestamp: '2026-11-22T13:00:00Z' };
  const object = { metadata, ...body } as unknown as KubeObject;
  const columns = builtInColumns(kindOf(kind)) ?? [];
  return columns.map((column) => column.read(object, NOW)).join('|');
}

describe('columns of built-in kinds', () => {
  const rows: [string, object, string][] = [
    ['Service', { spec: { type: 'ClusterIP' } }, 'a|ClusterIP|<none>|<none>|<none>|5m|<none>'],
    [
      'Service',
      {
        spec: {
          type: 'NodePort',
          clusterIP: '10.0.0.1',
          externalIPs: ['1.2.3.4'],
          ports: [
            { port: 80, nodePort: 30_080, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
          selector: { b: '2', a: '1' },
        },
      },
      'a|NodePort|10.0.0.1|1.2.3.4|80:30080/TCP,53/UDP|5m|a=1,b=2',
    ],
    [
      'Service',
      { spec: { type: 'LoadBalancer', ports: [{ port: 1 }] } },
      'a|LoadBalancer|<none>|<pending>|1/TCP|5m|<none>',
    ],
    [
      'Service',
      {
        spec: { type: 'LoadBalancer' },
        status: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }, { hostname: 'lb' }] } },
      },
      'a|LoadBalancer|<none>|1.1.1.1,lb|<none>|5m|<none>',
    ],
    [
      'Service',
      { spec: { type: 'ExternalName', externalName: 'db.example.com' } },
      'a|ExternalName|<none>|db.example.com|<none>|5m|<none>',
    ],
    ['Secret', { type: 'kubernetes.io/tls', data: { a: '', b: '' } }, 'a|kubernetes.io/tls|2|5m'],
    ['Secret', {}, 'a|Opaque|0|5m'],
    ['EndpointSlice', { addressType: 'IPv4' }, 'a|IPv4|<unset>|<unset>|5m'],
    [
      'EndpointSlice',
      {
        addressType: 'IPv4',
        ports: [{ port: 80 }, { port: null }],
        endpoints: [
          { addresses: ['1.1.1.1', '1.1.1.2'] },
          { addresses: ['1.1.1.3'] },
          { addresses: ['1.1.1.4'] },
        ],
      },
      'a|IPv4|80,*|1.1.1.1,1.1.1.2,1.1.1.3 + 1 more...|5m',
    ],
  ];
  for (const [kind, body, expected] of rows) {
    it(`${kind}: ${expected}`, () => assert.equal(line(kind, body), expected));
  }
  it('other kinds say themselves what they show', () => {
    assert.equal(builtInColumns(kindOf('Gateway')), undefined);
  });
});
