// SPDX-License-Identifier: Apache-2.0
// A node:test reporter beside the readable one: at the end one line of JSON, which run.mjs reads.

export default async function* tally(events) {
  const result = { passed: 0, failed: 0, skipped: [] };
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite' && type === 'test:pass') continue;
    if (data.skip !== undefined) result.skipped.push({ name: data.name, reason: data.skip });
    else if (type === 'test:pass') result.passed += 1;
    else result.failed += 1;
  }
  yield `${JSON.stringify(result)}\n`;
}
