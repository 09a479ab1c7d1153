// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { runSoak, type SoakResult } from './run-soak.js';

/** `npm run bench -- soak [--minutes N]`; ends with 1 when something grew or a request failed. */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });

function print({ done, faults, excused, trends, before, after, ...changes }: SoakResult): void {
  console.log('\n| traffic | done |\n|---|---|');
  for (const [kind, count] of Object.entries(done)) console.log(`| ${kind} | ${count} |`);
  console.log(`\n${faults.length} failed, ${excused} excused (a killed backend had them)`);
  for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`);
  console.log(`${changes.policyChanges} policies, ${changes.endpointChanges} endpoints changed`);
  console.log('\n| process | gauge | middle third | last third | |\n|---|---|---|---|---|');
  for (const [plane, list] of Object.entries(trends)) {
    for (const { gauge, before: from, after: to, isFlat } of list) {
      const verdict = isFlat ? 'flat' : 'GREW';
      console.log(`| ${plane} | ${gauge} | ${from.toFixed(1)} | ${to.toFixed(1)} | ${verdict} |`);
    }
  }
  console.log(`\nworker before the traffic: ${JSON.stringify(before)}`);
  console.log(`worker after it:           ${JSON.stringify(after)}`);
}

const result = await runSoak({ seconds: Number(values.minutes) * 60, print: console.log });
print(result);
const grew = Object.values(result.trends).some((trends) => trends.some(({ isFlat }) => !isFlat));
process.exitCode = grew || result.faults.length > 0 ? 1 : 0;
