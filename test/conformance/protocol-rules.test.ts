// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../shared/process/package-root.js';
import { startDiscoveryServer } from '../support/discovery-server.js';
import { assertGeneratedBlock } from '../support/generated-block.js';
import { DELTA_RULES } from './delta-rules.js';
import { renderRuleTable } from './rule-table.js';
import { testName } from './rule-test.js';
import { RULES, SERVICES } from './rules.js';
import { SOTW_RULES } from './sotw-rules.js';

const TESTS = { delta: DELTA_RULES, sotw: SOTW_RULES };
const results = new Map<string, boolean>();

for (const service of SERVICES) {
  for (const rule of TESTS[service]) {
    const name = testName(service, rule);
    test(name, async () => {
      const server = await startDiscoveryServer();
      try {
        await rule.run(server);
        results.set(name, true);
      } finally {
        await server.stop();
      }
    });
  }
}

test('every rule that applies to a service has exactly one test of it', () => {
  for (const service of SERVICES) {
    const applying = RULES.filter((rule) => rule.notApplicable?.[service] === undefined);
    const wanted = applying.map((rule) => rule.number);
    assert.deepEqual(
      TESTS[service].map((one) => one.rule),
      wanted,
    );
  }
});

test('the table of the rules in control-plane/README.md is what this run found', () => {
  const readme = join(packageRoot(import.meta.url), 'control-plane', 'README.md');
  assertGeneratedBlock(readme, 'protocol-rules', renderRuleTable(TESTS, results));
});
