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
