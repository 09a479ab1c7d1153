// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../shared/process/package-root.js';
import { assertGeneratedBlock } from '../support/generated-block.js';
import { renderCases } from './http1-case.js';
import { FRAME_CASES } from './http2-frame-cases.js';
import { startHttp2Lab } from './http2-lab.js';
import { MALFORMED_CASES } from './http2-malformed-cases.js';
import { PASSED_CASES } from './http2-passed-cases.js';
import { RESPONSE_CASES } from './http2-response-cases.js';
import { STREAM_CASES } from './http2-stream-cases.js';

const CASES = [
  ...MALFORMED_CASES,
  ...PASSED_CASES,
  ...RESPONSE_CASES,
  ...STREAM_CASES,
  ...FRAME_CASES,
];
const held = new Set<string>();

describe('HTTP/2 at a live worker', () => {
  it('each case has a name of its own', () => {
    assert.equal(new Set(CASES.map(({ id }) => id)).size, CASES.length);
  });

  it('the cases', async (t) => {
    const lab = await startHttp2Lab(t);
    for (const one of CASES) {
      await t.test(`${one.id}: ${one.sent}`, async (each) => {
        await one.run(lab, each);
        held.add(one.id);
      });
    }
  });

  it('the table in dataplane/proxy/http2-rules.md is what this run found', () => {
    const file = join(packageRoot(import.meta.url), 'dataplane', 'proxy', 'http2-rules.md');
    assertGeneratedBlock(file, 'http2-rules', renderCases(CASES, held));
  });
});
