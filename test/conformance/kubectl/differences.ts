// SPDX-License-Identifier: Apache-2.0
import { type ExpectedLine, type OutputLine, renderOutput } from './transcript.js';

/**
 * Both outputs as one list, with the lines that only one of them has marked as such (longest common subsequence); `reason` stands
 * before each place where they differ.
 */
export function markDifferences(
  kubernetes: readonly OutputLine[],
  heartline: readonly OutputLine[],
  reason: string,
): readonly ExpectedLine[] {
  const marked: ExpectedLine[] = [];
  const add = (line: OutputLine, by: ExpectedLine['by']): void => {
    const begins = by !== 'both' && (marked.at(-1)?.by ?? 'both') === 'both';
    const { sign, text } = line;
    marked.push(begins ? { sign, text, by, reason } : { sign, text, by });
  };
  const lengths = commonLengths(kubernetes, heartline);
  let [theirs, ours] = [0, 0];
  while (theirs < kubernetes.length || ours < heartline.length) {
    const [their, our] = [kubernetes[theirs], heartline[ours]];
    if (their !== undefined && our !== undefined && isSame(their, our)) {
      add(their, 'both');
      theirs += 1;
      ours += 1;
    } else if (their !== undefined && (our === undefined || prefersTheirs(lengths, theirs, ours))) {
      add(their, 'kubernetes');
      theirs += 1;
    } else if (our !== undefined) {
      add(our, 'heartline');
      ours += 1;
    }
  }
  return marked;
}

/** At [i][j]: how many lines the rests from i and from j have in common. */
function commonLengths(a: readonly OutputLine[], b: readonly OutputLine[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () =>
    new Array<number>(b.length + 1).fill(0),
  );
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const [left, right] = [a[i], b[j]];
      const row = lengths[i];
      if (row === undefined || left === undefined || right === undefined) continue;
      row[j] = isSame(left, right)
        ? at(lengths, i + 1, j + 1) + 1
        : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
    }
  }
  return lengths;
}

function prefersTheirs(lengths: readonly (readonly number[])[], i: number, j: number): boolean {
  return at(lengths, i + 1, j) >= at(lengths, i, j + 1);
}

function at(lengths: readonly (readonly number[])[], i: number, j: number): number {
  return lengths[i]?.[j] ?? 0;
}

function isSame(a: OutputLine, b: OutputLine): boolean {
  return renderOutput(a) === renderOutput(b);
}
