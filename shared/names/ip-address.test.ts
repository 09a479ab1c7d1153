// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ipBytes, ipFamily, ipText } from './ip-address.js';

describe('IP addresses', () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['10.0.0.256', undefined],
    ['010.0.0.1', undefined],
    ['10.0.0', undefined],
    ['::', '0:0:0:0:0:0:0:0'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['2001:db8::8:800:200c:417A', '2001:db8:0:0:8:800:200c:417a'],
    ['::ffff:10.1.2.3', '0:0:0:0:0:ffff:a01:203'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1::2::3', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['fe80::1%eth0', undefined],
    ['db.example.com', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of rows) {
    it(`${text || '(empty)'} → ${expected ?? 'none'}`, () => {
      const bytes = ipBytes(text);
      assert.equal(bytes && ipText(bytes), expected);
    });
  }

  it('reads exactly what the system reads, and keeps its family', () => {
    const words = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(words, (text) => {
        const bytes = ipBytes(text);
        const family = text.includes('%') ? 0 : isIP(text);
        assert.equal(bytes === undefined ? 0 : ipFamily(bytes) === 'IPv4' ? 4 : 6, family);
      }),
    );
  });

  it('has no text for other lengths', () => {
    assert.equal(ipText(new Uint8Array(5)), undefined);
  });
});
