// SPDX-License-Identifier: Apache-2.0
import { SoakClients } from './clients.js';
import type { TrafficTargets } from './traffic.js';

/** The clients of a soak: prints a TrafficReport as JSON each second, until its input ends and all are done. */
const REPORT_EVERY_MS = 1000;

async function main(argument: string): Promise<void> {
  const clients = new SoakClients(JSON.parse(argument) as TrafficTargets);
  const print = (): void => console.log(JSON.stringify(clients.report()));
  const timer = setInterval(print, REPORT_EVERY_MS);
  process.stdin.resume().once('end', () => clients.stop());
  await clients.run();
  clearInterval(timer);
  print();
}

await main(process.argv[2] ?? '{}');
