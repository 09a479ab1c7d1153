// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { packageRoot } from '../../../shared/process/package-root.js';
import { crdAdmission } from '../../../test/support/crd-admission.js';
import { productsOf } from '../../policy/lint/products.js';
import { readManifests } from '../../source/manifests/read-manifests.js';
import { runProgram } from '../program.js';
import { lintManifests } from './lint-manifests.js';
import { createReport, type LintReport, renderReport } from './lint-report.js';

const EXAMPLES = join(packageRoot(import.meta.url), 'deploy/examples');

/** The report on `text`, without the program around it: compiling every schema anew takes longer than the rest. */
function report(text: string, inFront?: string, namespace?: string): LintReport {
  const rule = { namespace: namespace ?? 'default', enforced: namespace !== undefined };
  const { manifests, problems, skipped } = readManifests([{ source: '-', text }], rule, 'skip');
  const products = inFront === undefined ? undefined : productsOf(inFront);
  return createReport(lintManifests(crdAdmission(), manifests, products), problems, skipped);
}

const lines = (text: string, inFront?: string): string => renderReport(report(text, inFront));

/** Runs the command line with `text` as standard input. */
async function lint(text: string, ...flags: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runProgram(['lint', '-f', '-', ...flags], {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    errRaw: (line) => void err.push(line),
    outRaw: (line) => void out.push(line),
    screen: undefined,
    isInteractive: false,
    env: {},
    cwd: EXAMPLES,
    stdin: Readable.from([text]),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

function policy(frontend: string, target = ''): string {
  return [
    'apiVersion: agentgateway.dev/v1alpha1',
    'kind: AgentgatewayPolicy',
    'metadata:',
    '  name: keep',
    'spec:',
    '  targetRefs:',
    `    - {group: gateway.networking.k8s.io, kind: Gateway, name: edge${target}}`,
    '  frontend:',
    ...frontend.split('\n').map((line) => `    ${line}`),
    '',
  ].join('\n');
}

function gateway(annotation: string): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge${annotation}}
spec:
  gatewayClassName: agentgateway
  listeners: [{name: http, port: 8080, protocol: HTTP}]
`;
}

const LATE = policy('tcp:\n  keepalive: {time: 6m, interval: 5s, retries: 3}');

describe('heartline lint', () => {
  it('says what the guide means, needs no server, and ends with 0', async () => {
    const { code, out, err } = await lint('', '-f', 'tcp-keepalive.yaml', '--strict');
    assert.deepEqual([code, err], [0, '']);
    assert.match(
      out,
      /^AgentgatewayPolicy httpbin\/httpbin-keepalive \(tcp-keepalive\.yaml:1:1\)\n/,
    );
    assert.match(
      out,
      /\n {2}info {5}tcp-keepalive\.yaml:14:9: spec\.frontend\.tcp\.keepalive: a dead peer is found after 45s: 30s \+ 5s × 3 \(time \+ interval × retries\) \(tcp-dead-peer\)\n/,
    );
    assert.match(out, /\n1 object, 0 errors, 0 warnings, 5 info$/);
  });

  it('names the place of what the API would refuse: schema, rules between fields, unknown fields', () => {
    const bad = policy('tcp:\n  keepalive:\n    time: soon\n    retries: 99');
    const rule = policy('tcp: {keepalive: {}}', ', sectionName: http');
    const typo = policy('tcp:\n  keepalive:\n    intervall: 5s');
    const out = lines([bad, rule, typo].join('---\n'));
    assert.match(out, /\n {2}error {4}-:11:15: spec\.frontend\.tcp\.keepalive\.time: .*"soon"/);
    assert.match(out, /\n {2}error {4}-:12:18: spec\.frontend\.tcp\.keepalive\.retries: .*99/);
    assert.match(out, /\n {2}error {4}-:20:5: spec\.targetRefs: .*replace sectionName by port/);
    assert.match(out, /unknown field "spec\.frontend\.tcp\.keepalive\.intervall"/);
    assert.match(out, /\n3 objects, 4 errors, 0 warnings, 0 info$/);
  });

  it('names the place of what is no YAML and no object of ours', () => {
    assert.match(lines('a: ['), /^error -:1:5: /);
    assert.match(
      lines('apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayPolice\n'),
      /^error -:2:7: kind "AgentgatewayPolice" is not served/,
    );
  });

  it('leaves objects of others alone, and says how many', () => {
    assert.equal(
      lines('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n'),
      '0 objects, 0 errors, 0 warnings, 0 info; 1 of kinds that are not served skipped',
    );
  });

  it('warns about a cut-off only where somebody says what is in front', () => {
    assert.match(lines(LATE), /\n {2}info {5}.*6m is too late for an AWS Network Load Balancer/);
    const flag = lines(LATE, 'aws-nlb');
    assert.match(flag, /\n {2}warning {2}.*6m is too late for an AWS Network Load Balancer/);
    assert.doesNotMatch(flag, /Azure/);
    assert.doesNotMatch(lines(LATE, 'none'), /too late/);
  });

  it('looks up Gateways in the same files: what is in front of them, and which listeners they have', () => {
    const said = gateway(', annotations: {heartline.dev/in-front: azure-lb}');
    const out = lines(`${LATE}---\n${said}`);
    assert.match(out, /\n {2}warning {2}.*6m is too late for an Azure Load Balancer/);
    const missed = lines(`${policy('tcp: {keepalive: {}}', ', port: 9999')}---\n${gateway('')}`);
    assert.match(missed, /warning {2}-:7:\d+: spec\.targetRefs\[0\]\.port: 9999 is no listener/);
  });

  it('gives the place of every finding', () => {
    const { objects, summary } = report(LATE, 'aws-nlb', 'mine');
    assert.deepEqual(summary, { objects: 1, problems: 0, warnings: 1, infos: 4, skipped: 0 });
    const [object] = objects;
    assert.deepEqual(
      [object?.kind, object?.namespace, object?.name],
      ['AgentgatewayPolicy', 'mine', 'keep'],
    );
    const late = object?.findings.find(({ rule }) => rule === 'cut-off-aws-nlb');
    assert.deepEqual([late?.severity, late?.at], ['warning', '-:10:25']);
  });

  it('ends with 65 for invalid objects, and under --strict for warnings', async () => {
    assert.equal((await lint('a: [')).code, 65);
    assert.equal((await lint(LATE, '--in-front', 'aws-nlb', '--strict')).code, 65);
    const { code, out } = await lint(LATE, '--in-front', 'aws-nlb', '-o', 'json');
    assert.equal(code, 0);
    assert.equal((JSON.parse(out) as LintReport).summary.warnings, 1);
  });

  it('looks into directories below with -R', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heartline-lint-'));
    try {
      mkdirSync(join(folder, 'team'));
      mkdirSync(join(folder, '.git'));
      writeFileSync(join(folder, 'a.yaml'), LATE);
      writeFileSync(join(folder, 'team', 'b.yml'), LATE);
      writeFileSync(join(folder, '.git', 'c.yaml'), 'a: [');
      assert.match((await lint('', '-f', folder, '-R')).out, /\n2 objects, 0 errors/);
      assert.match((await lint('', '-f', folder)).out, /\n1 object, 0 errors/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is wrong usage with a product that is none', async () => {
    const { code, err } = await lint(LATE, '--in-front', 'f5');
    assert.equal(code, 64);
    assert.match(err, /--in-front f5 is none of aws-alb, aws-nlb, azure-lb, gcp-lb, none/);
  });
});
