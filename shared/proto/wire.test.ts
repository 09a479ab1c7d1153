// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HeartlineError } from '../errors/heartline-error.js';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../names/type-urls.js';
import { packageRoot } from '../process/package-root.js';
import type { Resource } from './gen/agentgateway/dev/resource/Resource.js';
import type { DeltaDiscoveryRequest } from './gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js';
import { loadWire } from './wire.js';

const wire = loadWire();
const gateway = { gateway: { name: 'agentgateway-proxy', namespace: 'httpbin' } };
const policyName = { name: 'httpbin-keepalive', namespace: 'httpbin', kind: 'AgentgatewayPolicy' };

/** Bytes measured over the reference's own .proto files. */
const GOLDEN_RESOURCES: readonly { name: string; hex: string; message: Resource }[] = [
  {
    name: "the guide's TCP policy",
    hex: '2aaf010a4a66726f6e74656e642f6874747062696e2f6874747062696e2d6b656570616c6976653a66726f6e74656e642d7463703a6874747062696e2f6167656e74676174657761792d70726f787912300a116874747062696e2d6b656570616c69766512076874747062696e1a124167656e7467617465776179506f6c6963791a1f0a1d0a126167656e74676174657761792d70726f787912076874747062696e320e0a0c0a0a0a02081e120208051803',
    message: {
      policy: {
        key: 'frontend/httpbin/httpbin-keepalive:frontend-tcp:httpbin/agentgateway-proxy',
        name: policyName,
        target: gateway,
        frontend: {
          tcp: { keepalives: { time: { seconds: 30 }, interval: { seconds: 5 }, retries: 3 } },
        },
      },
    },
  },
  {
    name: "the guide's HTTP policy",
    hex: '2aac010a4b66726f6e74656e642f6874747062696e2f6874747062696e2d6b656570616c6976653a66726f6e74656e642d687474703a6874747062696e2f6167656e74676174657761792d70726f787912300a116874747062696e2d6b656570616c69766512076874747062696e1a124167656e7467617465776179506f6c6963791a1f0a1d0a126167656e74676174657761792d70726f787912076874747062696e320a1a083a0208054202081e',
    message: {
      policy: {
        key: 'frontend/httpbin/httpbin-keepalive:frontend-http:httpbin/agentgateway-proxy',
        name: policyName,
        target: gateway,
        frontend: {
          http: { http2KeepaliveInterval: { seconds: 5 }, http2KeepaliveTimeout: { seconds: 30 } },
        },
      },
    },
  },
  {
    name: 'a bind',
    hex: '0a160a11383038302f64656661756c742f7465737410903f',
    message: { bind: { key: '8080/default/test', port: 8080 } },
  },
  {
    name: 'a listener',
    hex: '123f0a1164656661756c742f746573742e687474701211383038302f64656661756c742f746573741a150a0474657374120764656661756c741a04687474702801',
    message: {
      listener: {
        key: 'default/test.http',
        bindKey: '8080/default/test',
        name: { gatewayName: 'test', gatewayNamespace: 'default', listenerName: 'http' },
        protocol: 'HTTP',
      },
    },
  },
  {
    name: 'a TCP policy with every default, on one port',
    hex: '2a760a3666726f6e74656e642f64656661756c742f703a66726f6e74656e642d7463703a64656661756c742f746573742f706f72743d3830383012200a0170120764656661756c741a124167656e7467617465776179506f6c6963791a140a120a0474657374120764656661756c7420903f32040a020a00',
    message: {
      policy: {
        key: 'frontend/default/p:frontend-tcp:default/test/port=8080',
        name: { name: 'p', namespace: 'default', kind: 'AgentgatewayPolicy' },
        target: { gateway: { name: 'test', namespace: 'default', port: 8080 } },
        frontend: { tcp: { keepalives: {} } },
      },
    },
  },
];

const GOLDEN_REQUESTS: readonly { name: string; hex: string; message: DeltaDiscoveryRequest }[] = [
  {
    name: 'an ACK',
    hex: '1236747970652e676f6f676c65617069732e636f6d2f6167656e74676174657761792e6465762e7265736f757263652e5265736f7572636532026e31',
    message: { typeUrl: RESOURCE_TYPE_URL, responseNonce: 'n1' },
  },
  {
    name: 'a NACK with code 0',
    hex: '1236747970652e676f6f676c65617069732e636f6d2f6167656e74676174657761792e6465762e7265736f757263652e5265736f7572636532026e313a3712355b7b226b6579223a22706f6c6963792f78222c226572726f72223a226d697373696e67207265717569726564206669656c64227d5d',
    message: {
      typeUrl: RESOURCE_TYPE_URL,
      responseNonce: 'n1',
      errorDetail: { message: '[{"key":"policy/x","error":"missing required field"}]' },
    },
  },
];

/** What decoding adds to a message: the name of each oneof's field and empty lists. Removes them to compare with the input. */
function withoutDecoded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const isAdded = ([key, field]: [string, unknown]) =>
    key === 'kind'
      ? typeof field === 'string' && field in value
      : key.startsWith('_') || (Array.isArray(field) && field.length === 0);
  return Object.fromEntries(
    Object.entries(value)
      .filter((entry) => !isAdded(entry))
      .map(([key, field]) => [key, withoutDecoded(field)]),
  );
}

describe('golden bytes of the agentgateway contract', () => {
  for (const { name, hex, message } of GOLDEN_RESOURCES) {
    it(`${name} is written byte for byte`, () => {
      assert.equal(wire.resource.encode(message).toString('hex'), hex);
    });
    it(`${name} is read back`, () => {
      const decoded = wire.resource.decode(Buffer.from(hex, 'hex'));
      assert.deepEqual(withoutDecoded(decoded), message);
    });
  }
  for (const { name, hex, message } of GOLDEN_REQUESTS) {
    it(`${name} is written byte for byte and read back`, () => {
      assert.equal(wire.deltaRequest.encode(message).toString('hex'), hex);
      assert.deepEqual(withoutDecoded(wire.deltaRequest.decode(Buffer.from(hex, 'hex'))), message);
    });
  }
});

describe('decoding', () => {
  it('names the field of a oneof', () => {
    const [tcp] = GOLDEN_RESOURCES;
    assert.ok(tcp);
    const decoded = wire.resource.decode(Buffer.from(tcp.hex, 'hex'));
    assert.equal(decoded.kind, 'policy');
    assert.equal(decoded.policy?.kind, 'frontend');
    assert.equal(decoded.policy?.frontend?.kind, 'tcp');
    assert.equal(decoded.policy?.target?.kind, 'gateway');
  });

  it('leaves kind out when a resource has a kind this build does not know', () => {
    assert.deepEqual(wire.resource.decode(Buffer.from('9a0600', 'hex')), {});
  });

  it('keeps an enum value it does not know as a number', () => {
    const { bind } = wire.resource.decode(Buffer.from('0a021863', 'hex'));
    assert.deepEqual(bind, { protocol: 99 });
  });

  it('tells an absent message from an empty one', () => {
    const bare = wire.resource.decode(wire.resource.encode({ policy: { frontend: { tcp: {} } } }));
    assert.deepEqual(bare.policy?.frontend?.tcp, {});
    const empty = wire.resource.decode(
      wire.resource.encode({ policy: { frontend: { tcp: { keepalives: {} } } } }),
    );
    assert.deepEqual(empty.policy?.frontend?.tcp, { keepalives: {} });
  });

  it('sees a filter whose content it does not know', () => {
    // Route.traffic_policies (8) holding a message with fields 1 and 4.
    const { route } = wire.resource.decode(Buffer.from('1a06420408012200', 'hex'));
    assert.deepEqual(route?.trafficPolicies, [{}]);
  });

  it('gives the bytes of an Any as a Buffer', () => {
    const value = wire.resource.encode({ bind: { key: 'k', port: 1 } });
    const response = wire.deltaResponse.decode(
      wire.deltaResponse.encode({
        resources: [{ name: 'bind/k', resource: { type_url: RESOURCE_TYPE_URL, value } }],
      }),
    );
    assert.deepEqual(response.resources[0]?.resource, { type_url: RESOURCE_TYPE_URL, value });
    assert.ok(Buffer.isBuffer(response.resources[0]?.resource?.value));
  });

  it('reads the string metadata of a node', () => {
    const fields = { role: { stringValue: 'httpbin~agentgateway-proxy' } };
    const node = wire.node.decode(wire.node.encode({ id: 'n', metadata: { fields } }));
    assert.equal(node.metadata?.fields?.['role']?.stringValue, 'httpbin~agentgateway-proxy');
  });

  it('names the type in the error for bytes that are no message', () => {
    assert.throws(
      () => wire.resource.decode(Buffer.from('0aff', 'hex')),
      (error) =>
        error instanceof HeartlineError &&
        error.code === 'INVALID_WIRE' &&
        error.subject === 'agentgateway.dev.resource.Resource' &&
        error.cause instanceof Error,
    );
  });

  it('gives a message or INVALID_WIRE for any bytes, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          wire.resource.decode(bytes);
          wire.deltaRequest.decode(bytes);
        } catch (error) {
          assert.ok(error instanceof HeartlineError && error.code === 'INVALID_WIRE');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('round trips', () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  const text = fc.string({ minLength: 1, unit: 'grapheme' });
  const plain = { noNullPrototype: true };
  const seconds = fc.record({ seconds: fc.integer({ min: 1, max: 32_767 }) }, plain);

  it('keeps every keepalive policy', () => {
    const keepalives = fc.record(
      { time: seconds, interval: seconds, retries: fc.integer({ min: 0, max: 127 }) },
      { requiredKeys: [], noNullPrototype: true },
    );
    const tcp = fc.record({ keepalives }, plain);
    const frontend = fc.record({ tcp }, plain);
    const policies = fc.record({ key: text, frontend }, plain);
    fc.assert(
      fc.property(policies, (policy) => {
        const bytes = wire.resource.encode({ policy });
        assert.deepEqual(withoutDecoded(wire.resource.decode(bytes)), { policy });
      }),
    );
  });

  it('gives equal bytes for equal messages, whatever the order of their keys', () => {
    fc.assert(
      fc.property(text, port, (key, number) => {
        const forward = wire.resource.encode({ bind: { key, port: number } });
        const backward = wire.resource.encode({ bind: { port: number, key } });
        assert.deepEqual(forward, backward);
      }),
    );
  });

  it('keeps 64-bit numbers up to 2^53 - 1', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (sequence, observedAtUnixMs) => {
        const inForce = { sequence, observedAtUnixMs, listeners: [] };
        const decoded = wire.workerMessage.decode(wire.workerMessage.encode({ inForce }));
        assert.deepEqual(decoded, { inForce, kind: 'inForce' });
      }),
    );
  });
});

describe('names', () => {
  it('have the type URLs of the protocol', () => {
    assert.equal(wire.resource.typeUrl, RESOURCE_TYPE_URL);
    assert.equal(wire.address.typeUrl, ADDRESS_TYPE_URL);
  });
});

describe('shared/proto/gen', () => {
  it('is what npm run gen writes', () => {
    const gen = join(packageRoot(import.meta.url), 'deploy', 'gen.mjs');
    const run = spawnSync(process.execPath, [gen, '--check'], { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
  });
});
