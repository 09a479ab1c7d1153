// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { loadWire } from '../../shared/proto/wire.js';
import type { SliceEndpoint, SlicePort } from '../policy/endpoint-slice.js';
import type { KubeObject } from '../policy/kube-object.js';
import type { ServiceSpec } from '../policy/service-spec.js';
import { joinServiceSets, nextServiceSet } from './address-book.js';
import { endpointFacts } from './endpoint-facts.js';
import { serviceAddresses } from './service-addresses.js';

const wire = loadWire();

function service(spec: Partial<ServiceSpec> = {}, name = 'app'): KubeObject {
  const ports = [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'web' }];
  const metadata = { name, namespace: 'apps' };
  const full = { type: 'ClusterIP', ports, ...spec };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: full } as unknown as KubeObject;
}

const HTTP: readonly SlicePort[] = [{ name: 'http', port: 8080, protocol: 'TCP' }];

function slice(
  name: string,
  endpoints: readonly SliceEndpoint[],
  {
    ports = HTTP,
    addressType = 'IPv4',
  }: { ports?: readonly SlicePort[]; addressType?: string } = {},
): KubeObject {
  const metadata = { name, namespace: 'apps', labels: { 'kubernetes.io/service-name': 'app' } };
  const head = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata };
  return { ...head, addressType, endpoints, ports } as unknown as KubeObject;
}

function at(address: string, conditions?: SliceEndpoint['conditions']): SliceEndpoint {
  return { addresses: [address], ...(conditions === undefined ? {} : { conditions }) };
}

/** `address:target` of the ports, with a minus in front when it is unhealthy. */
function shown(object: KubeObject, slices: readonly KubeObject[]): string[] {
  return endpointFacts(object, slices).map(({ address, isHealthy, ports }) => {
    const targets = ports.map(({ servicePort, targetPort }) => `${servicePort}>${targetPort}`);
    return `${isHealthy ? '' : '-'}${address} ${targets.join(',')}`;
  });
}

const ENDING = { ready: false, serving: true, terminating: true };
const GONE = { ready: false, serving: false, terminating: true };

describe('endpoints of a Service', () => {
  const rows: readonly (readonly [string, KubeObject, readonly KubeObject[], readonly string[]])[] =
    [
      ['none without slices', service(), [], []],
      [
        'no condition at all is ready',
        service(),
        [slice('a', [at('10.0.0.1')])],
        ['10.0.0.1 80>8080'],
      ],
      [
        'unready ones are passed on as unhealthy',
        service(),
        [slice('a', [at('10.0.0.1', { ready: false }), at('10.0.0.2')])],
        ['-10.0.0.1 80>8080', '10.0.0.2 80>8080'],
      ],
      [
        'one that ends is left out while another is ready',
        service(),
        [slice('a', [at('10.0.0.1', ENDING), at('10.0.0.2')])],
        ['10.0.0.2 80>8080'],
      ],
      [
        'the last ones are used to their end',
        service(),
        [
          slice('a', [
            at('10.0.0.1', ENDING),
            at('10.0.0.2', GONE),
            at('10.0.0.3', { ready: false }),
          ]),
        ],
        ['10.0.0.1 80>8080', '-10.0.0.3 80>8080'],
      ],
      [
        'an endpoint in two slices is one, as good as its better entry',
        service(),
        [slice('a', [at('10.0.0.1', { ready: false })]), slice('b', [at('10.0.0.1')])],
        ['10.0.0.1 80>8080'],
      ],
      [
        'two slices have different numbers for one name',
        service(),
        [
          slice('a', [at('10.0.0.1')]),
          slice('b', [at('10.0.0.2')], { ports: [{ name: 'http', port: 9090, protocol: 'TCP' }] }),
        ],
        ['10.0.0.1 80>8080', '10.0.0.2 80>9090'],
      ],
      [
        'a port without a number is the one of the Service; other names and UDP are not taken',
        service({
          ports: [
            { name: 'http', port: 80, protocol: 'TCP' },
            { name: 'dns', port: 53, protocol: 'UDP' },
          ],
        }),
        [
          slice('a', [at('10.0.0.1')], {
            ports: [
              { name: 'http', protocol: 'TCP' },
              { name: 'dns', port: 5353, protocol: 'UDP' },
              { name: 'other', port: 1, protocol: 'TCP' },
            ],
          }),
        ],
        ['10.0.0.1 80>80'],
      ],
      [
        'the only port needs no name',
        service({ ports: [{ port: 5432, protocol: 'TCP' }] }),
        [slice('a', [at('10.0.0.1')], { ports: [{ name: '', port: 5432, protocol: 'TCP' }] })],
        ['10.0.0.1 5432>5432'],
      ],
      [
        'of two families the first of the Service',
        service({ ipFamilies: ['IPv6', 'IPv4'] }),
        [slice('a', [at('10.0.0.1')]), slice('b', [at('fd00::1')], { addressType: 'IPv6' })],
        ['fd00::1 80>8080'],
      ],
      [
        'the family of its address when it names none',
        service({ clusterIP: '10.96.0.1' }),
        [slice('a', [at('10.0.0.1')]), slice('b', [at('fd00::1')], { addressType: 'IPv6' })],
        ['10.0.0.1 80>8080'],
      ],
      [
        'headless and of no family: all of them',
        service({ clusterIP: 'None' }),
        [slice('a', [at('10.0.0.1')]), slice('b', [at('fd00::1')], { addressType: 'IPv6' })],
        ['10.0.0.1 80>8080', 'fd00::1 80>8080'],
      ],
      [
        'names and broken addresses are left out',
        service(),
        [
          slice('a', [at('db.example.com')], { addressType: 'FQDN' }),
          slice('b', [at('10.0.0.999'), at('::1'), at('10.0.0.2')]),
        ],
        ['10.0.0.2 80>8080'],
      ],
    ];
  for (const [name, object, slices, expected] of rows) {
    it(name, () => assert.deepEqual(shown(object, slices), expected));
  }
});

describe('Address resources of a Service', () => {
  it('are a service and a workload for each endpoint, with the names of the reference', () => {
    const endpoint = {
      ...at('10.0.0.1'),
      nodeName: 'n1',
      zone: 'z1',
      targetRef: { kind: 'Pod', name: 'app-0' },
    };
    const addresses = serviceAddresses(
      service({ clusterIPs: ['10.96.0.1'] }),
      [slice('a', [endpoint, at('10.0.0.2', { ready: false })])],
      'local',
    );
    const uid = 'local/discovery.k8s.io/EndpointSlice/apps/app/10.0.0';
    const decoded = addresses.map(({ name, toMessage }) => {
      const { service: one, workload } = wire.address.decode(wire.address.encode(toMessage()));
      return {
        name,
        ...(one === undefined ? {} : { one }),
        ...(workload === undefined ? {} : { workload }),
      };
    });
    assert.deepEqual(
      decoded.map(({ name }) => name),
      ['apps/app.apps.svc.cluster.local', `${uid}.1`, `${uid}.2`],
    );
    const [first, second, third] = decoded;
    assert.equal(first?.one?.hostname, 'app.apps.svc.cluster.local');
    assert.deepEqual(first?.one?.ports, [{ servicePort: 80, targetPort: 0 }]);
    assert.deepEqual([...(first?.one?.addresses[0]?.address ?? [])], [10, 96, 0, 1]);
    assert.equal(second?.workload?.uid, `${uid}.1`);
    assert.equal(second?.workload?.name, 'app-0');
    assert.equal(second?.workload?.node, 'n1');
    assert.equal(second?.workload?.locality?.zone, 'z1');
    assert.equal(second?.workload?.status, undefined);
    assert.deepEqual([...(second?.workload?.addresses[0] ?? [])], [10, 0, 0, 1]);
    assert.deepEqual(second?.workload?.services, {
      'apps/app.apps.svc.cluster.local': { ports: [{ servicePort: 80, targetPort: 8080 }] },
    });
    assert.equal(third?.workload?.status, 'UNHEALTHY');
  });

  it('an ExternalName has none', () => {
    assert.deepEqual(serviceAddresses(service({ type: 'ExternalName' }), [], 'local'), []);
  });

  it('do not depend on how endpoints are dealt out to slices, nor on any order', () => {
    const states = [undefined, { ready: true }, { ready: false }, ENDING, GONE] as const;
    const endpoints = fc.uniqueArray(
      fc.record({ host: fc.integer({ min: 1, max: 30 }), state: fc.constantFrom(...states) }),
      { selector: ({ host }) => host, maxLength: 20 },
    );
    const deal = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 20, maxLength: 20 });
    const wireForm = (slices: readonly KubeObject[]): string[] =>
      serviceAddresses(service(), slices, 'local').map(
        ({ name, toMessage }) => `${name} ${wire.address.encode(toMessage()).toString('hex')}`,
      );
    fc.assert(
      fc.property(endpoints, deal, fc.boolean(), (list, places, reversed) => {
        const all = list.map(({ host, state }) => at(`10.0.0.${host}`, state));
        const parts = [0, 1, 2, 3].map((place) =>
          slice(
            `s${place}`,
            all.filter((_, index) => places[index] === place),
          ),
        );
        const dealt = reversed ? parts.toReversed() : parts;
        assert.deepEqual(wireForm(dealt), wireForm([slice('one', all)]));
      }),
    );
  });

  it('one endpoint of 1,000 changes: one new resource, the other objects are the same', () => {
    const slices = Array.from({ length: 10 }, (_, part) =>
      slice(
        `s${part}`,
        Array.from({ length: 100 }, (_, host) => at(`10.0.${part}.${host}`)),
      ),
    );
    const changed = slices.with(
      3,
      slice('s3', [
        at('10.0.3.0', { ready: false }),
        ...Array.from({ length: 99 }, (_, host) => at(`10.0.3.${host + 1}`)),
      ]),
    );
    let encoded = 0;
    const encode: typeof wire.address.encode = (message) => {
      encoded += 1;
      return wire.address.encode(message);
    };
    const before = nextServiceSet(undefined, serviceAddresses(service(), slices, 'local'), encode);
    assert.equal(encoded, 1_001);
    const after = nextServiceSet(before, serviceAddresses(service(), changed, 'local'), encode);
    assert.equal(encoded, 1_002);
    assert.notEqual(after.hash, before.hash);
    const different = [...after.resources].filter(
      ([name, one]) => before.resources.get(name) !== one,
    );
    assert.deepEqual(
      different.map(([name]) => name),
      ['local/discovery.k8s.io/EndpointSlice/apps/app/10.0.3.0'],
    );
    const joined = joinServiceSets([after]);
    assert.deepEqual([...joined.resources.keys()], [...joined.resources.keys()].sort());
  });
});
