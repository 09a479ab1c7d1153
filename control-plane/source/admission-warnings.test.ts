// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { manualClock } from '../../shared/time/manual-clock.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import { sampleGateway, samplePolicy, toChange } from '../../test/support/sample-objects.js';
import { createMemoryStore } from '../store/memory-store.js';
import { createObjectDoor } from './embedded-objects.js';
import type { ObjectChange } from './object-door.js';

const LATE = samplePolicy('p', { time: '6m', interval: '5s', retries: 3 });
const WARNING =
  /^spec\.frontend\.tcp\.keepalive\.time: 6m is too late for an AWS Network Load Balancer/;

function annotated<T extends { metadata: object }>(object: T, product: string): T {
  const annotations = { 'heartline.dev/in-front': product };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Writes one change after the other and returns the warnings of the last. */
async function warningsOf(...changes: readonly ObjectChange[]): Promise<readonly string[]> {
  const door = createObjectDoor({
    store: createMemoryStore('test'),
    admission: crdAdmission(),
    clock: manualClock(),
    randomUuid: () => 'uid',
  });
  let warnings: readonly string[] = [];
  for (const change of changes) {
    const [result] = await door.applyObjects({
      caller: { actor: 'alice', reason: 'test' },
      changes: [change],
      dryRun: false,
      fieldValidation: 'Strict',
    });
    warnings = result?.warnings ?? [];
  }
  return warnings;
}

describe('warnings of a write', () => {
  it('nobody said what is in front: nothing about load balancers', async () => {
    assert.deepEqual(
      await warningsOf(toChange('create', sampleGateway()), toChange('create', LATE)),
      [],
    );
  });

  it('the policy says what is in front', async () => {
    // The Gateway comes first, and its namespace with it: that has a warning of its own.
    const gateway = toChange('create', sampleGateway());
    const [warning, ...more] = await warningsOf(
      gateway,
      toChange('create', annotated(LATE, 'aws-nlb')),
    );
    assert.match(warning ?? '', WARNING);
    assert.deepEqual(more, []);
  });

  it('the stored Gateway says what is in front, on a replace too', async () => {
    const gateway = toChange('create', annotated(sampleGateway(), 'aws-nlb'));
    const [warning] = await warningsOf(
      gateway,
      toChange('create', LATE),
      toChange('replace', LATE),
    );
    assert.match(warning ?? '', WARNING);
  });

  it("the policy's word counts before the Gateway's", async () => {
    const gateway = toChange('create', annotated(sampleGateway(), 'aws-nlb'));
    assert.deepEqual(await warningsOf(gateway, toChange('create', annotated(LATE, 'none'))), []);
  });

  it('a port that the stored Gateway does not listen on', async () => {
    const [ref] = LATE.spec.targetRefs;
    const elsewhere = { ...LATE, spec: { ...LATE.spec, targetRefs: [{ ...ref, port: 9999 }] } };
    assert.deepEqual(
      await warningsOf(toChange('create', sampleGateway()), toChange('create', elsewhere)),
      [
        'spec.targetRefs[0].port: 9999 is no listener of Gateway httpbin/agentgateway-proxy, which has 8080',
      ],
    );
  });
});
