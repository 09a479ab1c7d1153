// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../shared/process/package-root.js';
import { startDiscoveryServer } from '../support/discovery-server.js';
import { assertGeneratedBlock } from '../support/generated-block.js';
import { DELTA_RULES } from './delta-rules.js';
import { renderRuleTable } from './rule-table.js';
import { testName } from './rule-test.js';
import { SERVICES } from './rules.js';

const TESTS = { delta: DELTA_RULES, sotw: [] };
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

test('the table of the rules in control-plane/README.md is what this run found', () => {
  const readme = join(packageRoot(import.meta.url), 'control-plane', 'README.md');
  assertGeneratedBlock(readme, 'protocol-rules', renderRuleTable(TESTS, results));
});
