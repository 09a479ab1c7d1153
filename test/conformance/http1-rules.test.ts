// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../shared/process/package-root.js';
import { assertGeneratedBlock } from '../support/generated-block.js';
import { renderCases } from './http1-case.js';
import { startHttp1Lab } from './http1-lab.js';
import { PASSED_CASES } from './http1-passed-cases.js';
import { REFUSED_CASES } from './http1-refused-cases.js';
import { RESPONSE_CASES } from './http1-response-cases.js';
import { SCENARIO_CASES } from './http1-scenario-cases.js';

const CASES = [...REFUSED_CASES, ...PASSED_CASES, ...RESPONSE_CASES, ...SCENARIO_CASES];
const held = new Set<string>();

describe('HTTP/1 at a live worker', () => {
  it('each case has a name of its own', () => {
    assert.equal(new Set(CASES.map(({ id }) => id)).size, CASES.length);
  });

  it('the cases', async (t) => {
    const lab = await startHttp1Lab(t);
    for (const one of CASES) {
      await t.test(`${one.id}: ${one.sent}`, async (each) => {
        lab.backend.onHead = undefined;
        await one.run(lab, each);
        held.add(one.id);
      });
    }
  });

  it('the table in dataplane/proxy/http1-rules.md is what this run found', () => {
    const file = join(packageRoot(import.meta.url), 'dataplane', 'proxy', 'http1-rules.md');
    assertGeneratedBlock(file, 'http1-rules', renderCases(CASES, held));
  });
});
