// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startTestApi, type TestApi } from '../../support/api-server.js';
import { findKubectls, whyNoKubectl } from '../../support/kubectl.js';
import { findTranscripts } from './find-transcripts.js';
import { playTranscript, UNJUDGED } from './play-transcript.js';

const skip = whyNoKubectl();
const isUpdate = process.env['HEARTLINE_UPDATE_GOLDENS'] === '1';

describe('kubectl prints what it prints with Kubernetes', { concurrency: 2, skip }, () => {
  const kubectl = skip === false ? findKubectls()[0].path : '';
  let api: TestApi;
  const cacheDir = mkdtempSync(join(tmpdir(), 'heartline-kubectl-cache-'));
  before(async () => {
    api = await startTestApi();
  });
  after(async () => {
    await api.close();
    rmSync(cacheDir, { recursive: true, force: true });
  });

  for (const path of findTranscripts()) {
    it(basename(path, '.txt'), () => playTranscript(path, { api, kubectl, cacheDir, isUpdate }));
  }

  it('differs nowhere without a reason', () => {
    const unjudged = findTranscripts().filter((path) =>
      readFileSync(path, 'utf8').includes(UNJUDGED),
    );
    assert.deepEqual(unjudged, []);
  });
});
