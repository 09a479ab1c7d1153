// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';
import { openPopulation, type PopulationCounts } from './population.js';

/** Opens a population, prints its client ports, answers `verified` lines with the count, and `finish` with the result. */
async function main(argument: string): Promise<void> {
  const { host, port, counts } = JSON.parse(argument) as {
    host: string;
    port: number;
    counts: PopulationCounts;
  };
  const population = await openPopulation({ host, port }, counts);
  console.log(JSON.stringify(population.clientPorts()));
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'finish') break;
    console.log(JSON.stringify(population.verifiedBodies()));
  }
  console.log(JSON.stringify(await population.finish()));
  process.stdin.destroy();
}

await main(process.argv[2] ?? '{}');
