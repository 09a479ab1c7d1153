// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Environment, parseFlags } from './flags.js';

const NEEDED = ['--xds-address', '127.0.0.1:9978', '--gateway', 'httpbin/gw'];
const parse = (argv: readonly string[], env: Environment = {}) => parseFlags(argv, env, '0.1.0');

describe('flags of the dataplane', () => {
  it('have the addresses of the design as defaults, moved by the offset', () => {
    const flags = parse([...NEEDED, '--port-offset', '100']);
    assert.deepEqual(
      [flags.adminAddress.port, flags.statsAddress.port, flags.readinessAddress.port],
      [15_100, 15_120, 15_121],
    );
    assert.deepEqual(flags.gateway, { namespace: 'httpbin', name: 'gw' });
    assert.deepEqual([flags.cluster, flags.drainSeconds, flags.listenAddresses], ['local', 10, []]);
  });

  for (const [value, share] of [
    ['off', undefined],
    ['all', 1],
    ['0', 0],
    ['0.01', 0.01],
    ['.5', 0.5],
    ['1', 1],
  ] as const) {
    it(`--connection-log ${value} logs ${share ?? 'nothing'}`, () => {
      assert.equal(parse([...NEEDED, '--connection-log', value]).connectionLog, share);
      assert.equal(parse(NEEDED).connectionLog, 0);
    });
  }

  for (const value of ['', 'some', '1.5', '-1', '1e-3', '50%']) {
    it(`--connection-log "${value}" is refused`, () => {
      assert.throws(
        () => parse([...NEEDED, '--connection-log', value]),
        /It takes off, all, or a share from 0 to 1/,
      );
    });
  }

  it('repeat --listen-address', () => {
    const flags = parse([...NEEDED, '--listen-address', '127.0.0.1', '--listen-address', '::1']);
    assert.deepEqual(flags.listenAddresses, ['127.0.0.1', '::1']);
  });

  it("fall back to the reference proxy's environment", () => {
    const flags = parse([], {
      XDS_ADDRESS: 'http://cp.system:9978/',
      NAMESPACE: 'ns',
      GATEWAY: 'gw',
      POD_NAME: 'gw-0',
      CLUSTER_ID: 'east',
      XDS_AUTH_TOKEN: '/run/token',
      STATS_ADDR: '0.0.0.0:15020',
      INSTANCE_IP: '10.0.0.7',
    });
    assert.equal(flags.xdsAddress, 'cp.system:9978');
    assert.deepEqual(flags.gateway, { namespace: 'ns', name: 'gw' });
    assert.deepEqual(flags.pod, { namespace: 'ns', name: 'gw-0' });
    assert.deepEqual(
      [flags.cluster, flags.tokenFile, flags.instanceIp, flags.statsAddress.host],
      ['east', '/run/token', '10.0.0.7', '0.0.0.0'],
    );
  });

  it('beat the environment', () => {
    const env = { XDS_ADDRESS: 'a:1', NAMESPACE: 'x', GATEWAY: 'y', POD_NAME: 'z' };
    const flags = parse([...NEEDED, '--pod', 'p/q'], env);
    assert.deepEqual(
      [flags.xdsAddress, flags.gateway.name, flags.pod.name],
      ['127.0.0.1:9978', 'gw', 'q'],
    );
  });

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'no gateway',
      ['--xds-address', 'a:1'],
      /give --gateway NS\/NAME, or set NAMESPACE and GATEWAY/,
    ],
    ['no control plane', ['--gateway', 'a/b'], /give --xds-address/],
    ['TLS', ['--xds-address', 'https://a:1', '--gateway', 'a/b'], /TLS to the control plane/],
    ['a gateway without namespace', ['--gateway', 'b'], /Write NAMESPACE\/NAME/],
    ['an address without port', [...NEEDED, '--stats-addr', 'a'], /Write HOST:PORT/],
    [
      'an open admin port',
      [...NEEDED, '--admin-addr', '0.0.0.0:15000'],
      /add --allow-remote-admin/,
    ],
    ['a listen address with a name', [...NEEDED, '--listen-address', 'lo'], /Write an IP address/],
    ['an unknown flag', [...NEEDED, '--nonsense'], /unknown option/],
    ['an unknown level', [...NEEDED, '--log-level', 'loud'], /Allowed choices/],
    ['an offset that is no number', [...NEEDED, '--port-offset', '1e3'], /whole number from/],
  ];
  for (const [name, argv, message] of refused) {
    it(`refuse ${name}`, (t) => {
      // Commander writes its sentence itself before it throws.
      t.mock.method(process.stderr, 'write', () => true);
      assert.throws(() => parse(argv), message);
    });
  }

  it('allow an open admin port when told to', () => {
    const flags = parse([...NEEDED, '--admin-addr', '0.0.0.0:15000', '--allow-remote-admin']);
    assert.equal(flags.adminAddress.host, '0.0.0.0');
  });
});
