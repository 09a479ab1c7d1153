// SPDX-License-Identifier: Apache-2.0
// Records transcripts from a real Kubernetes API server that has the CRDs of deploy/crds:
//   node --import tsx test/conformance/kubectl/record-main.ts SERVER TOKEN KUBECTL [part of a name ...]
// Not run by any test. Everything in the namespaces that are named after the transcripts is deleted there first.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { findTranscripts } from './find-transcripts.js';
import { openShell } from './shell.js';
import {
  isHandWritten,
  outputOf,
  parseTranscript,
  renderOutput,
  renderTranscript,
  type Step,
} from './transcript.js';

const KINDS = 'agentgatewaypolicies,agentgatewaybackends,gateways,tcproutes,referencegrants';

async function recordFile(path: string, server: string, token: string, kubectl: string) {
  const transcript = parseTranscript(readFileSync(path, 'utf8'));
  if (isHandWritten(transcript)) return;
  const cacheDir = mkdtempSync(join(tmpdir(), 'heartline-kubectl-cache-'));
  const namespace = basename(path, '.txt');
  const shell = openShell({ kubectl, server, token, namespace, cacheDir });
  try {
    await shell.run(
      `for one in $(kubectl get ${KINDS} -o name); do kubectl patch $one --type=merge -p '{"metadata":{"finalizers":null}}'; kubectl delete $one; done`,
    );
    const steps: Step[] = [];
    for (const step of transcript.steps) {
      const output = await shell.run(step.command);
      const isKnown = render(output) === render(outputOf(step, 'kubernetes'));
      if (!isKnown && step.expected.length > 0) console.log(`${path}:${step.line}: changed`);
      const recorded = output.map((line) => ({ ...line, by: 'both' as const }));
      steps.push(isKnown ? step : { ...step, expected: recorded });
    }
    writeFileSync(path, renderTranscript({ ...transcript, steps }));
  } finally {
    shell.remove();
    rmSync(cacheDir, { recursive: true, force: true });
  }
}

function render(output: ReturnType<typeof outputOf>): string {
  return output.map(renderOutput).join('\n');
}

const [server, token, kubectl, ...parts] = process.argv.slice(2);
if (server === undefined || token === undefined || kubectl === undefined) {
  console.error('usage: record-main.ts SERVER TOKEN KUBECTL [part of a name ...]');
  process.exitCode = 64;
} else {
  for (const path of findTranscripts()) {
    const isWanted = parts.length === 0 || parts.some((part) => basename(path).includes(part));
    if (isWanted) await recordFile(path, server, token, kubectl);
  }
}
