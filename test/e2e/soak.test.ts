// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSoak } from '../bench/soak/run-soak.js';

/** The half hour is `npm run bench -- soak`. */
const SECONDS = 60;

test('a minute of everything at once: no request fails, nothing grows, nothing is left', async (t) => {
  const result = await runSoak({ seconds: SECONDS, print: (line) => t.diagnostic(line) });
  assert.deepEqual(result.faults, []);
  const grown = Object.entries(result.trends).flatMap(([plane, trends]) =>
    trends.filter(({ isFlat }) => !isFlat).map((trend) => ({ plane, ...trend })),
  );
  assert.deepEqual(grown, []);
  for (const [kind, count] of Object.entries(result.done))
    assert.ok(count > 20, `${kind}: ${count}`);
  assert.ok(result.policyChanges > SECONDS / 2, `${result.policyChanges} changes of policies`);
  assert.ok(result.endpointChanges > SECONDS / 4, `${result.endpointChanges} of endpoints`);
  // Upstream connections that are still pooled, and nothing else.
  const { before, after } = result;
  const left = after.descriptors - before.descriptors - (after.upstream - before.upstream);
  assert.ok(left < 10, `${left} descriptors left`);
});
