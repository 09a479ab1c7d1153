// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';

/** What a server under test does; both resolve when that many workers have acknowledged. */
export interface FanoutSubject {
  connected(workers: number): Promise<void>;
  push(workers: number): Promise<void>;
}

/**
 * Lines in, one line out each: `connected N` → ok; `push N` → {"ms","cpuUs"} of one change up to the last
 * ACK; `memory` → resident bytes after a collection. Ends with its input.
 */
export function serveLines(subject: FanoutSubject): void {
  const answer = async (line: string): Promise<string> => {
    const [command, count] = line.split(' ');
    switch (command) {
      case 'connected':
        await subject.connected(Number(count));
        return 'ok';
      case 'push': {
        const cpu = process.cpuUsage();
        const start = performance.now();
        await subject.push(Number(count));
        const ms = performance.now() - start;
        const { user, system } = process.cpuUsage(cpu);
        return JSON.stringify({ ms, cpuUs: user + system });
      }
      default:
        globalThis.gc?.();
        await settle();
        globalThis.gc?.();
        return String(process.memoryUsage.rss());
    }
  };
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => void answer(line).then(console.log));
  lines.once('close', () => process.exit(0));
}

/** What was freed is given back to the system some turns later. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 500));
}
