// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Address, Address__Output } from '../../shared/proto/gen/istio/workload/Address.js';
import { loadWire } from '../../shared/proto/wire.js';
import { dumpAddresses } from '../admin/config-dump-addresses.js';
import { type ResourceSet, stageDelta } from './resource-set.js';
import { addressType } from './resource-types.js';
import { ServiceEndpoints } from './service-endpoints.js';

const wire = loadWire();
const type = addressType(wire);
const APP = 'ns/app.ns.svc.cluster.local';

type Held = ResourceSet<Address__Output>;

function wireAddress(name: string, message: Address) {
  const value = wire.address.encode(message);
  return {
    name,
    version: value.toString('hex'),
    aliases: [],
    resource: { type_url: type.typeUrl, value },
  };
}

function workload(uid: string, host: number, more: object = {}, services = [APP]) {
  const ports = { ports: [{ servicePort: 80, targetPort: 8000 + host }] };
  return wireAddress(uid, {
    workload: {
      ...{ uid, name: uid, namespace: 'ns', addresses: [Uint8Array.of(10, 0, 0, host)] },
      services: Object.fromEntries(services.map((service) => [service, ports])),
      ...more,
    },
  });
}

function change(
  endpoints: ServiceEndpoints,
  before: Held,
  resources: ReturnType<typeof workload>[],
  removed: string[] = [],
): Held {
  const { next, diagnostics } = stageDelta(type, before, { resources, removed });
  assert.deepEqual(diagnostics, []);
  endpoints.update(before, next, [...resources.map(({ name }) => name), ...removed]);
  return next;
}

function shown(endpoints: ServiceEndpoints): Record<string, string[]> {
  return Object.fromEntries(
    [...endpoints.table].map(([service, list]) => [
      service,
      list.map(({ host, ports }) => `${host}:${[...ports.values()].join(',')}`).sort(),
    ]),
  );
}

describe('endpoints from address resources', () => {
  it('come, change and go with their workloads', () => {
    const endpoints = new ServiceEndpoints();
    const first = change(endpoints, new Map(), [workload('a', 1), workload('b', 2)]);
    assert.deepEqual(shown(endpoints), { [APP]: ['10.0.0.1:8001', '10.0.0.2:8002'] });
    const second = change(endpoints, first, [workload('a', 1, { status: 'UNHEALTHY' })]);
    assert.deepEqual(shown(endpoints), { [APP]: ['10.0.0.2:8002'] });
    const third = change(endpoints, second, [workload('a', 3)], ['b']);
    assert.deepEqual(shown(endpoints), { [APP]: ['10.0.0.3:8003'] });
    change(endpoints, third, [], ['a']);
    assert.deepEqual(shown(endpoints), {});
  });

  it('a workload may serve several Services, and leave one of them', () => {
    const endpoints = new ServiceEndpoints();
    const first = change(endpoints, new Map(), [workload('a', 1, {}, [APP, 'ns/other'])]);
    assert.deepEqual(Object.keys(shown(endpoints)), [APP, 'ns/other']);
    change(endpoints, first, [workload('a', 1, {}, ['ns/other'])]);
    assert.deepEqual(Object.keys(shown(endpoints)), ['ns/other']);
  });

  it('after any changes are what all that is held gives at once', () => {
    const step = fc.record({
      uid: fc.constantFrom('a', 'b', 'c', 'd'),
      host: fc.integer({ min: 1, max: 5 }),
      gone: fc.boolean(),
      healthy: fc.boolean(),
      services: fc.subarray([APP, 'ns/other']),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const endpoints = new ServiceEndpoints();
        let held: Held = new Map();
        for (const { uid, host, gone, healthy, services } of steps) {
          const status = healthy ? {} : { status: 'UNHEALTHY' };
          held = gone
            ? change(endpoints, held, [], [uid])
            : change(endpoints, held, [workload(uid, host, status, services)]);
        }
        const atOnce = new ServiceEndpoints();
        atOnce.update(new Map(), held, held.keys());
        assert.deepEqual(shown(endpoints), shown(atOnce));
      }),
    );
  });
});

describe('address resources that are refused', () => {
  const rows: readonly (readonly [string, Address, RegExp])[] = [
    ['nothing', {}, /no kind/],
    ['a workload without uid', { workload: { addresses: [] } }, /workload\.uid is missing/],
    [
      'an address of 5 bytes',
      { workload: { uid: 'u', addresses: [new Uint8Array(5)] } },
      /neither 4 nor 16/,
    ],
    [
      'a port of 0',
      { workload: { uid: 'u', services: { s: { ports: [{ servicePort: 80, targetPort: 0 }] } } } },
      /ports are 1 to 65535/,
    ],
    [
      'a service without hostname',
      { service: { namespace: 'ns' } },
      /service\.hostname is missing/,
    ],
  ];
  for (const [name, message, expected] of rows) {
    it(name, () => {
      const good = workload('good', 1);
      const { next, diagnostics } = stageDelta(type, new Map(), {
        resources: [wireAddress('bad', message), good],
        removed: [],
      });
      assert.deepEqual([...next.keys()], ['good'], 'the others are taken');
      assert.equal(diagnostics.length, 1);
      assert.equal(diagnostics[0]?.key, 'bad');
      assert.match(diagnostics[0]?.message ?? '', expected);
    });
  }
});

describe('the dump of the live part', () => {
  it('has workloads by uid and services by host, with their endpoints', () => {
    const service = wireAddress(APP, {
      service: {
        ...{ name: 'app', namespace: 'ns', hostname: 'app.ns.svc.cluster.local' },
        addresses: [{ address: Uint8Array.of(10, 96, 0, 1) }],
        ports: [{ servicePort: 80, targetPort: 0 }],
      },
    });
    const resources = [workload('b', 2, { status: 'UNHEALTHY' }), service, workload('a', 1)];
    const { next } = stageDelta(type, new Map(), { resources, removed: [] });
    const { services, workloads } = dumpAddresses(next);
    assert.deepEqual(workloads, [
      {
        workloadIps: ['10.0.0.1'],
        ...{ uid: 'a', name: 'a', namespace: 'ns', node: '', status: 'Healthy', clusterId: '' },
        services: { [APP]: { 80: 8001 } },
      },
      {
        workloadIps: ['10.0.0.2'],
        ...{ uid: 'b', name: 'b', namespace: 'ns', node: '', status: 'Unhealthy', clusterId: '' },
        services: { [APP]: { 80: 8002 } },
      },
    ]);
    assert.deepEqual(services, [
      {
        ...{
          name: 'app',
          namespace: 'ns',
          hostname: 'app.ns.svc.cluster.local',
          vips: ['/10.96.0.1'],
        },
        ports: { 80: 0 },
        endpoints: {
          a: { workloadUid: 'a', port: { 80: 8001 }, status: 'Healthy' },
          b: { workloadUid: 'b', port: { 80: 8002 }, status: 'Unhealthy' },
        },
      },
    ]);
  });
});
