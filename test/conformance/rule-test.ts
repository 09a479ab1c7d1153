// SPDX-License-Identifier: Apache-2.0
import type { DiscoveryServer } from '../support/discovery-server.js';
import type { Service } from './rules.js';

/** What shows that one rule holds, on a live server of its own. */
export interface RuleTest {
  readonly rule: number;
  /** What happens; the test is called `R<rule> <service>: <name>`. */
  readonly name: string;
  run(server: DiscoveryServer): Promise<void>;
}

export function testName(service: Service, { rule, name }: RuleTest): string {
  return `R${rule} ${service}: ${name}`;
}

/** What became of each response, in order: `accepted`, or `rejected` with the worker's reasons. */
export function verdicts(server: DiscoveryServer): string[] {
  return server.events.flatMap((event) => {
    if (event.type !== 'accepted' && event.type !== 'rejected') return [];
    const problems = event.type === 'rejected' ? event.problems : [];
    return [[event.type, ...problems.map((problem) => problem.message)].join(' ')];
  });
}
