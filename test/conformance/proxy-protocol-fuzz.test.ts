// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { readProxyHeader } from '../../dataplane/access/proxy-header.js';
import { connectRaw, plan, portOf, startBackend, startEngine } from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';
import { v1, v2 } from '../support/proxy-headers.js';

/** The same bytes in every run: a failure can be repeated. */
const FUZZ = { seed: 20_26, numRuns: 12, endOnFailure: true };
const BATCH = 25;
const HANDSHAKE_MS = 400;
const SERVER = { address: '203.0.113.9', port: 443 };
const REQUEST = Buffer.from('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');

const address = fc.oneof(fc.ipV4(), fc.ipV6());
const header = fc
  .record({
    source: address,
    port: fc.nat(65_535),
    version: fc.constantFrom(1, 2),
    tlvs: fc.array(fc.tuple(fc.nat(255), fc.nat(300)), { maxLength: 3 }),
  })
  .map(({ source, port, version, tlvs }) => {
    const destination = source.includes(':') ? { address: '2001:db8::1', port: 443 } : SERVER;
    const from = { address: source, port };
    return version === 1 ? v1(from, destination) : v2({ source: from, destination, tlvs });
  });

/** One byte changed, one left out, one put in, cut short, or sent twice. */
const mutated = fc
  .tuple(header, fc.nat(), fc.nat(255), fc.constantFrom('set', 'drop', 'add', 'cut', 'twice', 'no'))
  .map(([bytes, where, value, how]) => {
    const at = where % bytes.length;
    const before = bytes.subarray(0, at);
    const byte = Buffer.from([value]);
    switch (how) {
      case 'set':
        return Buffer.concat([before, byte, bytes.subarray(at + 1)]);
      case 'drop':
        return Buffer.concat([before, bytes.subarray(at + 1)]);
      case 'add':
        return Buffer.concat([before, byte, bytes.subarray(at)]);
      case 'cut':
        return before;
      case 'twice':
        return Buffer.concat([bytes, bytes]);
      default:
        return bytes;
    }
  });

interface Try {
  readonly bytes: Buffer;
  /** The bytes are sent in two packets, parted here. */
  readonly split: number;
  /** FIN after them; else the client waits for the end. */
  readonly ends: boolean;
}

const tries = fc.array(
  fc.record({
    bytes: fc
      .oneof(
        { weight: 6, arbitrary: mutated },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw)) },
      )
      .map((bytes) => Buffer.concat([bytes, REQUEST])),
    split: fc.nat(60),
    ends: fc.boolean(),
  }),
  { minLength: BATCH, maxLength: BATCH },
);

/** What the client got until its connection was over. */
async function play(port: number, { bytes, split, ends }: Try): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  // A reset is one of the two ways in which this may end.
  socket.on('error', () => undefined);
  const over = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
  socket.write(bytes.subarray(0, split), () => {
    const rest = bytes.subarray(split);
    if (ends) socket.end(rest);
    else socket.write(rest);
  });
  await over;
  socket.destroy();
  return received;
}

for (const mode of ['strict', 'optional'] as const) {
  describe(`PROXY protocol, ${mode}`, () => {
    it('no bytes end the worker, disturb a neighbour, stay open, or get an answer they should not', async (t: TestContext) => {
      const backendPort = await startBackend(t, (_request, response) => response.end('ok'));
      const engine = startEngine(t, { limits: { proxyHeaderMs: HANDSHAKE_MS } });
      const proxyProtocol = { versions: 'all', mode } as const;
      await engine.apply(
        plan('1', { backendPort, proxyProtocol, http: { http1IdleTimeoutMs: 800 } }),
      );
      const port = portOf(engine);
      let answered = 0;
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(tries, async (batch) => {
          await Promise.all(
            batch.map(async (one) => {
              const received = await play(port, one);
              const reading = readProxyHeader(one.bytes, 'all').kind;
              const served = reading === 'header' || (reading === 'none' && mode === 'optional');
              if (served) answered += 1;
              else refused += 1;
              if (!served) assert.equal(received, '', `${reading} was answered`);
              else if (received !== '') assert.match(received, /^HTTP\/1\.1 \d{3} /);
            }),
          );
          const neighbour = await connectRaw(t, port);
          neighbour.socket.write(
            Buffer.concat([v1({ address: '198.51.100.7', port: 1 }, SERVER), REQUEST]),
          );
          await neighbour.until('ok');
          neighbour.socket.destroy();
          await once(neighbour.socket, 'close');
        }),
        FUZZ,
      );
      assert.ok(answered > 30 && refused > 30, `${answered} answered, ${refused} refused`);
      await eventually(() => assert.equal(engine.summary().open, 0));
      assert.equal(engine.summary().newOnly, 0);
    });
  });
}
