// SPDX-License-Identifier: Apache-2.0
import type { TestContext } from 'node:test';
import type { Http2Lab } from './http2-lab.js';

/** One row of the table: something that reaches a proxy over HTTP/2, and what both sides see of it. */
export interface Http2Case {
  /** Unique, part of paths. */
  readonly id: string;
  /** Number of the RFC and section. */
  readonly rfc: string;
  /** What is sent, in a few words. */
  readonly sent: string;
  readonly client: string;
  readonly backend: string;
  /** Shows it, on a live worker that other cases use too. */
  run(lab: Http2Lab, t: TestContext): Promise<void>;
}

/** Where a case sends its requests; no path is part of another one's. */
export function pathOf(id: string): string {
  return `/${id}/`;
}
