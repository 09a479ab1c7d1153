// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { v1, v2 } from '../../test/support/proxy-headers.js';
import { type ProxyHeaderReading, readProxyHeader } from './proxy-header.js';

const REQUEST = Buffer.from('GET / HTTP/1.1\r\n\r\n');
const INET = { address: '198.51.100.7', port: 40_000 };
const SERVER = { address: '203.0.113.9', port: 443 };
const INET6 = { address: '2001:db8::7', port: 40_000 };
const SERVER6 = { address: '2001:db8::1', port: 443 };

function named(reading: ProxyHeaderReading): unknown {
  if (reading.kind !== 'header') return reading.kind;
  return [reading.ends?.source, reading.ends?.destination];
}

describe('PROXY header, version 1', () => {
  const rows: readonly (readonly [string, unknown])[] = [
    ['PROXY TCP4 198.51.100.7 203.0.113.9 40000 443\r\n', [INET, SERVER]],
    ['PROXY TCP6 2001:db8::7 2001:db8::1 40000 443\r\n', [INET6, SERVER6]],
    ['PROXY TCP6 2001:DB8:0::7 2001:db8::1 40000 443\r\n', [INET6, SERVER6]],
    ['PROXY TCP6 ::ffff:198.51.100.7 2001:db8::1 40000 443\r\n', [INET, SERVER6]],
    [
      'PROXY TCP6 ::10.0.0.1 2001:db8::1 40000 443\r\n',
      [{ address: '::a00:1', port: 40_000 }, SERVER6],
    ],
    ['PROXY UNKNOWN\r\n', [undefined, undefined]],
    ['PROXY UNKNOWN ffff:f...f:ffff 65535 whatever\r\n', [undefined, undefined]],
    ['PROXY TCP4 198.51.100.7 203.0.113.9 40000 443', 'more'],
    ['PROXY TCP4 198.51.100.7 203.0.113.9 40000 443\r', 'more'],
    ['PROXY TCP4 198.51.100.7 203.0.113.9 40000 443\n', 'broken'],
    ['PROXY TCP4 198.51.100.7 203.0.113.9 40000\r\n', 'broken'],
    ['PROXY TCP4 198.51.100.7 203.0.113.9 40000 443 9\r\n', 'broken'],
    ['PROXY TCP4  198.51.100.7 203.0.113.9 40000 443\r\n', 'broken'],
    ['PROXY TCP4 198.51.100.7 203.0.113.9 65536 443\r\n', 'broken'],
    ['PROXY TCP4 198.51.100.7 203.0.113.9 -1 443\r\n', 'broken'],
    ['PROXY TCP4 198.51.100.7 203.0.113.9 040000 443\r\n', 'broken'],
    ['PROXY TCP4 198.51.100.07 203.0.113.9 40000 443\r\n', 'broken'],
    ['PROXY TCP4 198.51.100 203.0.113.9 40000 443\r\n', 'broken'],
    ['PROXY TCP4 2001:db8::7 2001:db8::1 40000 443\r\n', 'broken'],
    ['PROXY TCP6 198.51.100.7 203.0.113.9 40000 443\r\n', 'broken'],
    ['PROXY TCP6 fe80::1%eth0 2001:db8::1 40000 443\r\n', 'broken'],
    ['PROXY UDP4 198.51.100.7 203.0.113.9 40000 443\r\n', 'broken'],
    ['PROXY \r\n', 'broken'],
    [`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`, [undefined, undefined]],
    [`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 'broken'],
    [`PROXY UNKNOWN ${'x'.repeat(200)}`, 'broken'],
    ['', 'more'],
    ['PRO', 'more'],
    ['PROXY', 'more'],
    ['PROXYX', 'none'],
    ['proxy TCP4 ', 'none'],
    ['PRI * HTTP/2.0\r\n', 'none'],
    ['POST / HTTP/1.1\r\n', 'none'],
  ];
  for (const [text, expected] of rows) {
    it(`${JSON.stringify(text.slice(0, 60))} is ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(named(readProxyHeader(Buffer.from(text, 'latin1'), 'all')), expected);
    });
  }
});

describe('PROXY header, version 2', () => {
  const inet = { source: INET, destination: SERVER };
  const rows: readonly (readonly [string, Buffer, unknown])[] = [
    ['IPv4', v2(inet), [INET, SERVER]],
    ['IPv6', v2({ source: INET6, destination: SERVER6 }), [INET6, SERVER6]],
    ['mapped IPv4', v2({ family: 0x21, addresses: mapped() }), [INET, SERVER]],
    [
      'extensions',
      v2({
        ...inet,
        tlvs: [
          [0x04, 40],
          [0xea, 0],
        ],
      }),
      [INET, SERVER],
    ],
    ['LOCAL', v2({ command: 0 }), [undefined, undefined]],
    ['LOCAL with an address', v2({ ...inet, command: 0 }), [undefined, undefined]],
    ['LOCAL of an unknown family', v2({ command: 0, family: 0xff }), [undefined, undefined]],
    ['UNSPEC', v2({ family: 0 }), [undefined, undefined]],
    ['datagrams', v2({ ...inet, family: 0x12 }), [undefined, undefined]],
    ['unix', v2({ family: 0x31, addresses: Buffer.alloc(216) }), [undefined, undefined]],
    ['unix, too short', v2({ family: 0x31, addresses: Buffer.alloc(215) }), 'broken'],
    ['IPv4, too short', v2({ family: 0x11, addresses: Buffer.alloc(11) }), 'broken'],
    ['IPv6, too short', v2({ family: 0x21, addresses: Buffer.alloc(35) }), 'broken'],
    ['an unknown family', v2({ family: 0x41 }), 'broken'],
    ['an unknown transport', v2({ ...inet, family: 0x13 }), 'broken'],
    ['an unknown command', v2({ ...inet, command: 2 }), 'broken'],
    ['version 1 in the clothes of 2', v2({ ...inet, version: 1 }), 'broken'],
    ['an extension that ends late', v2({ ...inet, tlvs: [[4, 5]], cut: 1 }), 'broken'],
    ['an extension without length', v2({ ...inet, tlvs: [[4, 0]], cut: 1 }), 'broken'],
    ['4096 bytes', v2({ ...inet, tlvs: [[4, 4096 - 12 - 3]] }), [INET, SERVER]],
    ['4097 bytes', v2({ ...inet, tlvs: [[4, 4096 - 12 - 2]] }), 'broken'],
    ['no byte of its addresses yet', v2(inet).subarray(0, 16), 'more'],
    ['half of its signature', v2(inet).subarray(0, 6), 'more'],
    ['an empty line before a request', Buffer.from('\r\n\r\nGET / HTTP/1.1\r\n'), 'none'],
  ];
  for (const [name, bytes, expected] of rows) {
    it(name, () => assert.deepEqual(named(readProxyHeader(bytes, 'all')), expected));
  }
});

it('a version that is not asked for is broken, never traffic', () => {
  const first = v1(INET, SERVER);
  const second = v2({ source: INET, destination: SERVER });
  assert.equal(readProxyHeader(first, 'v2').kind, 'broken');
  assert.equal(readProxyHeader(second, 'v1').kind, 'broken');
  assert.equal(readProxyHeader(first, 'v1').kind, 'header');
  assert.equal(readProxyHeader(second, 'v2').kind, 'header');
});

describe('PROXY header, any bytes', () => {
  const address = fc.oneof(
    fc.ipV4().map((text) => ({ address: text, port: 1 })),
    fc.ipV6().map((text) => ({ address: text, port: 65_535 })),
  );
  const header = fc.oneof(
    fc.constant(v1(INET, SERVER)),
    fc.constant(v1(INET6, SERVER6)),
    fc
      .record({ length: fc.nat(300), command: fc.constantFrom(0, 1) })
      .map(({ length, command }) =>
        v2({ source: INET, destination: SERVER, command, tlvs: [[4, length]] }),
      ),
    fc.constant(v2({ source: INET6, destination: SERVER6 })),
  );

  it('come to the same wherever they are split, and nothing after the header is looked at', () => {
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 40 }), (bytes, after) => {
        const all = Buffer.concat([bytes, after]);
        for (let length = 0; length < bytes.length; length += 1) {
          assert.equal(readProxyHeader(all.subarray(0, length), 'all').kind, 'more');
        }
        const whole = readProxyHeader(all, 'all');
        assert.deepEqual(whole, readProxyHeader(bytes, 'all'));
        assert.equal(whole.kind === 'header' && whole.length, bytes.length);
      }),
      { numRuns: 40 },
    );
  });

  it('are decided once: more bytes never change an answer that was given', () => {
    const mangled = fc
      .tuple(header, fc.nat(15), fc.nat(255))
      .map(([bytes, at, value]) => Buffer.concat([bytes, REQUEST]).fill(value, at, at + 1));
    fc.assert(
      fc.property(
        fc.oneof(mangled, fc.uint8Array({ maxLength: 130 }).map(Buffer.from)),
        (bytes) => {
          let decided: ProxyHeaderReading | undefined;
          for (let length = 0; length <= bytes.length; length += 1) {
            const reading = readProxyHeader(bytes.subarray(0, length), 'all');
            if (decided !== undefined) assert.deepEqual(reading, decided);
            else if (reading.kind !== 'more') decided = reading;
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of version 1 and 2 name the same client', () => {
    fc.assert(
      fc.property(address, (source) => {
        const destination = source.address.includes(':') ? SERVER6 : SERVER;
        const first = readProxyHeader(v1(source, destination), 'all');
        const second = readProxyHeader(v2({ source, destination }), 'all');
        assert.deepEqual(named(first), named(second));
        assert.equal(first.kind, 'header');
      }),
      { numRuns: 60 },
    );
  });
});

function mapped(): Buffer {
  const ofIpv4 = (text: string) =>
    Buffer.from([...Array(10).fill(0), 0xff, 0xff, ...text.split('.').map(Number)]);
  const ports = Buffer.from([INET.port >> 8, INET.port & 0xff, 443 >> 8, 443 & 0xff]);
  return Buffer.concat([ofIpv4(INET.address), ofIpv4(SERVER.address), ports]);
}
