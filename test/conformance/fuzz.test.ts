// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { loadWire } from '../../shared/proto/wire.js';
import { DeltaClient } from '../support/delta-client.js';
import type { StreamStatus } from '../support/discovery-client.js';
import {
  type DiscoveryServer,
  startDiscoveryServer,
  WORKER_TOKEN,
} from '../support/discovery-server.js';
import { eventually } from '../support/eventually.js';
import { liveBytes } from '../support/live-bytes.js';
import { snapshotOf } from '../support/resource-sets.js';
import { SotwClient } from '../support/sotw-client.js';
import { connectPeer } from './peer.js';
import { SERVICES, type Service } from './rules.js';
import { type NoisyMessage, noisyMessages } from './wire-noise.js';

const wire = loadWire();
/** The same messages in every run: a failure can be repeated. Some hundred streams a protocol are a few seconds. */
const FUZZ = { seed: 20_26, numRuns: 150, endOnFailure: true };
/** How a stream may end when its client sends nonsense; INTERNAL is not among them. */
const NAMED = new Set([status.INVALID_ARGUMENT, status.RESOURCE_EXHAUSTED]);
const PROBE = 'type.googleapis.com/heartline.test.Probe';

interface Noise {
  /** Whether a good first request comes before it. */
  readonly isIntroduced: boolean;
  readonly messages: readonly NoisyMessage[];
}

/** Sends everything; how the stream ended, or undefined when it goes on and still answers. */
async function play(
  server: DiscoveryServer,
  service: Service,
  { isIntroduced, messages }: Noise,
): Promise<StreamStatus | undefined> {
  const options = { wire, target: server.target, token: WORKER_TOKEN, nodeId: 'noisy' };
  const client = service === 'delta' ? new DeltaClient(options) : new SotwClient(options);
  if (isIntroduced) client.send({ typeUrl: `${PROBE}First` });
  for (const bytes of messages) client.sendBytes(bytes);
  client.send({ typeUrl: PROBE });
  const answered = (async (): Promise<undefined> => {
    while ((await client.next()).typeUrl !== PROBE);
  })();
  // The stream's end is what `status` says; the wait for an answer fails then as well.
  const end = await Promise.race([answered.catch(() => client.status), client.status]);
  client.close();
  await client.status;
  return end;
}

for (const service of SERVICES) {
  test(`${service}: no noise crashes the server, disturbs a neighbour or stays in memory`, async () => {
    const server = await startDiscoveryServer();
    try {
      server.source.publish(snapshotOf({ a: 'a1', b: 'b1' }));
      const good = connectPeer(service, server, { nodeId: 'good' });
      good.ask();
      (await good.next()).ack();
      const ends = new Map<string, number>();
      let number = 1;
      const once = async (noise: Noise): Promise<void> => {
        const end = await play(server, service, noise);
        const kind = end === undefined ? 'goes on' : (status[end.code] ?? String(end.code));
        ends.set(kind, (ends.get(kind) ?? 0) + 1);
        if (end !== undefined) {
          assert.ok(NAMED.has(end.code), `${kind}: ${end.details}`);
          assert.notEqual(end.details, '');
        }
        number += 1;
        server.source.publish(snapshotOf({ a: `a${number}`, b: 'b1' }, number));
        const answer = await good.next();
        assert.ok(answer.texts.includes(`a${number}`));
        answer.ack();
      };
      const noise: fc.Arbitrary<Noise> = fc.record({
        isIntroduced: fc.nat(9).map((digit) => digit > 0),
        messages: noisyMessages(wire, service),
      });
      await fc.assert(fc.asyncProperty(noise, once), { ...FUZZ, numRuns: 20 });
      server.events.length = 0;
      const before = liveBytes();
      await fc.assert(fc.asyncProperty(noise, once), FUZZ);
      server.events.length = 0;
      await eventually(() =>
        assert.ok(liveBytes() - before < 10_000_000, `${liveBytes() - before}`),
      );
      assert.ok((ends.get('goes on') ?? 0) > 20, 'too few streams went on');
      assert.ok((ends.get('INVALID_ARGUMENT') ?? 0) > 20, 'too few streams were refused');
    } finally {
      await server.stop();
    }
  });
}
