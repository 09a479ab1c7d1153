// SPDX-License-Identifier: Apache-2.0
import type { TestContext } from 'node:test';
import type { Http1Lab } from './http1-lab.js';

/** One row of the table: something that reaches a proxy, and what both sides see of it. */
export interface Http1Case {
  /** Unique, part of paths. */
  readonly id: string;
  /** Number of the RFC and section. */
  readonly rfc: string;
  /** What is sent, in a few words. */
  readonly sent: string;
  readonly client: string;
  readonly backend: string;
  /** Shows it, on a live worker that other cases use too. */
  run(lab: Http1Lab, t: TestContext): Promise<void>;
}

type Row = Omit<Http1Case, 'run'>;

/** The cases as a Markdown table, sorted as given. */
export function renderCases(cases: readonly Row[], held: ReadonlySet<string>): string {
  const rows = cases.map(({ id, rfc, sent, client, backend }) => {
    const cells = [id, rfc, sent, client, backend, held.has(id) ? 'holds' : 'BROKEN'];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  const head = '| case | RFC | sent | the client sees | the backend sees | result |';
  return [head, '|---|---|---|---|---|---|', ...rows].join('\n');
}
