// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { startTestApi } from '../../support/api-server.js';
import { findKubectls, type Kubectl, whyNoKubectl } from '../../support/kubectl.js';
import { findTranscripts } from './find-transcripts.js';
import { playTranscript } from './play-transcript.js';

/** Reads, writes, watches and refusals in words that no version has changed. */
const SHORT = ['dry-run', 'ownership', 'watch'];

async function play(t: TestContext, { path: kubectl }: Kubectl): Promise<void> {
  const api = await startTestApi();
  const cacheDir = mkdtempSync(join(tmpdir(), 'heartline-kubectl-cache-'));
  t.after(async () => {
    await api.close();
    rmSync(cacheDir, { recursive: true, force: true });
  });
  const wanted = findTranscripts().filter((path) => SHORT.includes(basename(path, '.txt')));
  await Promise.all(wanted.map((path) => playTranscript(path, { api, kubectl, cacheDir })));
}

const skip = whyNoKubectl();

describe('the other versions of kubectl print the same', { concurrency: 2, skip }, () => {
  const others = skip === false ? findKubectls().slice(1) : [];
  for (const other of others) {
    it(`${other.version}, ${basename(other.path)}`, (t) => play(t, other));
  }
});
