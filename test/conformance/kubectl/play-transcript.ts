// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { TestApi } from '../../support/api-server.js';
import { markDifferences } from './differences.js';
import { openShell } from './shell.js';
import {
  isHandWritten,
  type OutputLine,
  outputOf,
  parseTranscript,
  renderOutput,
  renderTranscript,
  type Step,
} from './transcript.js';

/** A difference that nobody has judged yet; the test fails on it. */
export const UNJUDGED = 'TODO: why?';

export interface PlayOptions {
  readonly api: TestApi;
  readonly kubectl: string;
  readonly cacheDir: string;
  /** Write down what is answered instead of comparing. */
  readonly isUpdate?: boolean;
}

/** Runs the commands of a transcript in order and compares, word for word. */
export async function playTranscript(path: string, options: PlayOptions): Promise<void> {
  const { api, kubectl, cacheDir, isUpdate = false } = options;
  const transcript = parseTranscript(readFileSync(path, 'utf8'));
  const namespace = basename(path, '.txt');
  const server = api.url.replace('http:', 'https:');
  const shell = openShell({ kubectl, server, token: api.token, namespace, cacheDir });
  try {
    await createNamespace(api, namespace);
    const seen: Step[] = [];
    for (const step of transcript.steps) {
      const output = await shell.run(step.command);
      if (isUpdate) seen.push(withOurs(step, output, isHandWritten(transcript)));
      else assertSame(step, output, path);
    }
    if (isUpdate) writeFileSync(path, renderTranscript({ ...transcript, steps: seen }));
  } finally {
    shell.remove();
  }
}

async function createNamespace({ url, token }: TestApi, name: string): Promise<void> {
  const response = await fetch(`${url}/api/v1/namespaces`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  });
  assert.ok([201, 404, 409].includes(response.status), await response.text());
}

function assertSame(step: Step, output: readonly OutputLine[], path: string): void {
  const text = (lines: readonly OutputLine[]) => lines.map(renderOutput).join('\n');
  const place = `${path}:${step.line}\n$ ${step.command}`;
  const wanted = text(outputOf(step, 'heartline'));
  assert.equal(`${place}\n${text(output)}`, `${place}\n${wanted}`);
}

function withOurs(step: Step, output: readonly OutputLine[], isOurs: boolean): Step {
  const known = outputOf(step, 'heartline').map(renderOutput).join('\n');
  if (known === output.map(renderOutput).join('\n')) return step;
  if (isOurs)
    return { ...step, expected: output.map((line) => ({ ...line, by: 'both' as const })) };
  const reason = step.expected.find((line) => line.reason !== undefined)?.reason ?? UNJUDGED;
  return { ...step, expected: markDifferences(outputOf(step, 'kubernetes'), output, reason) };
}
