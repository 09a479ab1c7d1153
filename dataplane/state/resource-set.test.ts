// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Resource__Output as Received } from '../../shared/proto/gen/envoy/service/discovery/v3/Resource.js';
import { loadWire } from '../../shared/proto/wire.js';
import {
  backendOf,
  bindOf,
  GATEWAY_TARGET,
  guideTcpPolicy,
  listenerOf,
  type NamedResource,
  policyOf,
  receivedResource,
  routeOf,
} from '../../test/support/wire-resources.js';
import { deltaOf, type ResourceSet, stageDelta } from './resource-set.js';
import { type GatewayResource, gatewayResourceType } from './resource-types.js';

const wire = loadWire();
const type = gatewayResourceType(wire);
const received = (named: NamedResource, version?: string): Received =>
  receivedResource(wire.resource, named, version);

type Set_ = ResourceSet<GatewayResource>;

function stage(held: Set_, resources: readonly Received[], removed: readonly string[] = []) {
  const staged = stageDelta(type, held, { resources, removed });
  return {
    ...staged,
    names: [...staged.next.keys()].sort(),
    lines: staged.diagnostics.map(({ key, severity, message }) => `${severity} ${key}: ${message}`),
  };
}

function holding(...resources: readonly Received[]): Set_ {
  return stage(new Map(), resources).next;
}

/** A policy of the guide with other fields of its tcp keepalive. */
function tcpPolicy(keepalives: object): NamedResource {
  return policyOf('p', { tcp: { keepalives } });
}

describe('staging a response', () => {
  it('takes, replaces and removes', () => {
    const held = holding(received(bindOf(80)), received(guideTcpPolicy(30)));
    const policy = guideTcpPolicy(60);
    const { names, next, changed, lines } = stage(
      held,
      [received(policy)],
      [bindOf(80).name, 'bind/never-had'],
    );
    assert.deepEqual(names, [policy.name]);
    const keepalives = next.get(policy.name)?.value.policy?.frontend?.tcp?.keepalives;
    assert.equal(keepalives?.time?.seconds, 60);
    assert.deepEqual([changed, lines], [true, []]);
  });

  it('sees that nothing changed', () => {
    const held = holding(received(bindOf(80)));
    assert.equal(stage(held, []).changed, false);
    assert.equal(stage(held, [received(bindOf(80))]).changed, false);
    assert.equal(stage(held, [received(bindOf(80), 'v2')]).changed, true);
  });

  it('does not trust an empty version to mean the same content', () => {
    const held = holding(received(guideTcpPolicy(30), ''));
    assert.equal(stage(held, [received(guideTcpPolicy(60), '')]).changed, true);
  });

  it('keeps the older accepted version of what it refuses, and takes the rest', () => {
    const held = holding(received(guideTcpPolicy(30)));
    const { next, names, lines } = stage(held, [
      received(guideTcpPolicy(40_000)),
      received(bindOf(80)),
    ]);
    assert.deepEqual(names, [bindOf(80).name, guideTcpPolicy().name].sort());
    const kept = next.get(guideTcpPolicy().name)?.value.policy?.frontend?.tcp?.keepalives;
    assert.equal(kept?.time?.seconds, 30);
    assert.deepEqual(lines, [
      `error ${guideTcpPolicy().name}: frontend.tcp.keepalives.time is 40000 s; TCP_KEEPIDLE takes 1 to 32767 whole seconds`,
    ]);
  });

  it('refuses every resource of a name that comes twice', () => {
    const { names, lines } = stage(new Map(), [
      received(guideTcpPolicy(30)),
      received(guideTcpPolicy(60)),
      received(bindOf(80)),
    ]);
    assert.deepEqual(names, [bindOf(80).name]);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /carries this name more than once/);
  });

  it('refuses a second name for one key, but lets a key move to a new name', () => {
    const held = holding(received(bindOf(80)));
    const renamed = { ...bindOf(80), name: 'bind/other' };
    assert.match(
      stage(held, [received(renamed)]).lines[0] ?? '',
      /already has the identity bind\//,
    );
    const moved = stage(held, [received(renamed)], [bindOf(80).name]);
    assert.deepEqual([moved.names, moved.lines], [['bind/other'], []]);
  });

  it('lets two names swap their keys', () => {
    const named = (name: string, port: number) => received({ ...bindOf(port), name });
    const held = holding(named('a', 80), named('b', 81));
    const swapped = stage(held, [named('a', 81), named('b', 80)]);
    assert.deepEqual(swapped.lines, []);
    assert.equal(swapped.next.get('a')?.value.bind?.port, 81);
  });

  it('renews a held resource that comes without content, and refuses an unknown one', () => {
    const heartbeat = { name: bindOf(80).name, version: 'v', aliases: [] };
    assert.deepEqual(stage(holding(received(bindOf(80))), [heartbeat]).names, [bindOf(80).name]);
    assert.match(stage(new Map(), [heartbeat]).lines[0] ?? '', /no content/);
  });

  it('reads removals in all three forms', () => {
    const { removed } = deltaOf({
      resources: [],
      removedResources: ['a'],
      removedResourceNames: [{ name: 'b' }],
      resourceErrors: [
        { resourceName: { name: 'c' }, errorDetail: { code: 5, details: [] } },
        { resourceName: { name: 'd' }, errorDetail: { code: 7, details: [] } },
      ],
    });
    assert.deepEqual(removed, ['a', 'b', 'c']);
  });
});

/** Unknown enum values and kinds cannot be written as objects: these are the wire's own bytes. */
const raw = (name: string, hex: string): Received => ({
  name,
  version: 'v',
  resource: { type_url: type.typeUrl, value: Buffer.from(hex, 'hex') },
  aliases: [],
});

describe('a refused resource', () => {
  const rows: readonly (readonly [string, Received, RegExp])[] = [
    ['no kind', raw('x', ''), /no kind that this worker knows/],
    ['unknown kind', raw('x', 'a20600'), /no kind that this worker knows/],
    ['no message at all', raw('x', 'ffff'), /are no agentgateway.dev.resource.Resource message/],
    ['no key', received({ name: 'b', resource: { bind: { port: 80 } } }), /field key is missing/],
    ['port 0', received(bindOf(0)), /bind.port is 0; it takes 1 to 65535/],
    // bind { key: "k", port: 80, protocol: 9 }
    ['unknown enum', raw('x', '0a070a016b10501809'), /bind.protocol is 9, a value/],
    [
      'listener without name',
      received({ name: 'l', resource: { listener: { key: 'k', bindKey: 'b' } } }),
      /listener.name is missing/,
    ],
    [
      'route without name',
      received({ name: 'r', resource: { route: { key: 'k' } } }),
      /route.name is missing/,
    ],
    [
      'a path that is no regular expression',
      received(routeOf('r', { matches: [{}, { path: { regex: '/(' } }] })),
      /route\.matches\[1\]\.path\.regex: "\/\(" is no regular expression in RE2 syntax/,
    ],
    [
      'a header that is no regular expression',
      received(routeOf('r', { matches: [{ headers: [{ name: 'x', regex: 'a(?=b)' }] }] })),
      /route\.matches\[0\]\.headers\[0\]\.regex/,
    ],
    [
      'a query parameter that is no regular expression',
      received(routeOf('r', { matches: [{ queryParams: [{ name: 'x', regex: '*' }] }] })),
      /route\.matches\[0\]\.query_params\[0\]\.regex/,
    ],
    [
      'backend without kind',
      received({
        name: 'b',
        resource: { backend: { key: 'k', name: { name: 'n', namespace: 'ns' } } },
      }),
      /backend has no kind/,
    ],
    ['backend port', received(backendOf(70_000)), /backend.static.port is 70000/],
    [
      'policy without target',
      received({ name: 'p', resource: { policy: { key: 'k', frontend: { tcp: {} } } } }),
      /policy.target is missing/,
    ],
    [
      'policy without kind',
      received({ name: 'p', resource: { policy: { key: 'k', target: GATEWAY_TARGET } } }),
      /policy has no kind/,
    ],
    ['frontend without kind', received(policyOf('p', {})), /frontend policy has no kind/],
    [
      'policy with listener and port',
      received(
        policyOf(
          'p',
          { tcp: {} },
          { gateway: { name: 'g', namespace: 'n', listener: 'l', port: 1 } },
        ),
      ),
      /names a listener and a port/,
    ],
    ['time 0', received(tcpPolicy({ time: { seconds: 0 } })), /time is 0 s/],
    ['half a second', received(tcpPolicy({ time: { nanos: 5e8 } })), /time is 0.5 s/],
    [
      'interval above the kernel',
      received(tcpPolicy({ interval: { seconds: 32_768 } })),
      /32768 s/,
    ],
    ['retries 0', received(tcpPolicy({ retries: 0 })), /retries is 0; TCP_KEEPCNT takes 1 to 127/],
    ['retries 128', received(tcpPolicy({ retries: 128 })), /retries is 128/],
    ['frame size', received(policyOf('p', { http: { http2FrameSize: 1 } })), /http2FrameSize is 1/],
    [
      'window',
      received(policyOf('p', { http: { http2WindowSize: 2 ** 31 } })),
      /http2WindowSize is 2147483648/,
    ],
    ['no name', received({ ...bindOf(80), name: '' }), /has no name/],
    [
      'another type',
      { ...received(bindOf(80)), resource: { type_url: 'type/other', value: Buffer.alloc(0) } },
      /is a type\/other, not a/,
    ],
  ];
  for (const [name, resource, message] of rows) {
    it(name, () => {
      const { lines, names } = stage(new Map(), [resource]);
      assert.deepEqual(names, []);
      assert.match(lines.join('\n'), message);
      assert.ok(lines.every((line) => line.startsWith('error ')));
    });
  }
});

describe('a resource accepted with a warning', () => {
  const rows: readonly (readonly [string, NamedResource, RegExp])[] = [
    ['part of a second', tcpPolicy({ time: { seconds: 30, nanos: 5e8 } }), /30.5 s.*30 s is used/],
    ['tls', policyOf('p', { tls: {} }), /frontend.tls is not served/],
    ['access log', policyOf('p', { logging: {} }), /frontend.logging is not served/],
    ['tracing', policyOf('p', { tracing: {} }), /frontend.tracing is not served/],
    ['metrics', policyOf('p', { metrics: {} }), /frontend.metrics is not served/],
    ['connect', policyOf('p', { connect: { mode: 'TUNNEL' } }), /CONNECT requests are denied/],
    ['route group', { name: 'g', resource: { routeGroup: { key: 'g' } } }, /kind routeGroup/],
  ];
  for (const [name, resource, message] of rows) {
    it(name, () => {
      const { lines, names } = stage(new Map(), [received(resource)]);
      assert.deepEqual(names, [resource.name]);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', message);
      assert.match(lines[0] ?? '', /^warn /);
    });
  }

  it('and without one: every kind that is served', () => {
    const served = [
      bindOf(80),
      listenerOf('http', 80),
      routeOf('r'),
      backendOf(1),
      guideTcpPolicy(),
      policyOf('c', { connect: { mode: 'DENY' } }),
    ];
    const { lines, names } = stage(
      new Map(),
      served.map((named) => received(named)),
    );
    assert.deepEqual(lines, []);
    assert.equal(names.length, served.length);
  });
});
