// SPDX-License-Identifier: Apache-2.0
import { type RuleTest, testName } from './rule-test.js';
import { RULES, type Rule, SERVICES, type Service } from './rules.js';

/** Whether each test that ran held, by its name. */
export type Results = ReadonlyMap<string, boolean>;

/** The rules as a Markdown table: one row for each rule and service. */
export function renderRuleTable(
  tests: Readonly<Record<Service, readonly RuleTest[]>>,
  results: Results,
): string {
  const rows = RULES.flatMap((rule) =>
    SERVICES.flatMap((service) => rowsOf(rule, service, tests[service], results)),
  );
  const head = ['| rule | service | test | result |', '|---|---|---|---|'];
  return [...head, ...rows].join('\n');
}

function rowsOf(
  rule: Rule,
  service: Service,
  tests: readonly RuleTest[],
  results: Results,
): string[] {
  const title = `R${rule.number} ${rule.says}`;
  const ofRule = tests.filter((test) => test.rule === rule.number);
  const reason = rule.notApplicable?.[service];
  if (reason !== undefined) return [`| ${title} | ${service} | ${reason} | not applicable |`];
  return ofRule.map((test) => {
    const result = results.get(testName(service, test)) ? 'holds' : 'BROKEN';
    return `| ${title} | ${service} | ${test.name} | ${result} |`;
  });
}
