// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sniffProtocol } from './sniff.js';

describe('sniffing', () => {
  const rows: [string, string | undefined][] = [
    ['P', undefined],
    ['PRI * HT', undefined],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r', undefined],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'h2'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore', 'h2'],
    ['PRI * HTTP/1.1\r\n', 'http/1.1'],
    ['POST / HTTP/1.1\r\n', 'http/1.1'],
    ['G', 'http/1.1'],
    ['\u0016\u0003', 'http/1.1'],
  ];
  for (const [text, expected] of rows) {
    it(JSON.stringify(text), () => assert.equal(sniffProtocol(Buffer.from(text)), expected));
  }
});
