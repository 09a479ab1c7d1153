// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { untilInSync } from '../support/bring-up.js';
import { eventually } from '../support/eventually.js';
import { readRelease, readState, readWorker } from '../support/installation.js';
import { runHeartline, type Stack, startStack } from '../support/stack.js';

/** Against a running stack whose policy nothing here may change. */
const GOOD = readFileSync('deploy/examples/tcp-keepalive.yaml', 'utf8');

let stack: Stack;
let directory: string;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'heartline-bad-input-'));
  stack = await startStack();
  const applied = await stack.heartline('apply', '-f', write('good.yaml', GOOD));
  assert.equal(applied.code, 0, applied.stderr);
  await untilInSync(stack);
  await eventually(async () =>
    assert.match((await getPolicies()).stdout, /httpbin-keepalive\s+True/),
  );
});

after(async () => {
  rmSync(directory, { recursive: true, force: true });
  await stack.stop();
});

const getPolicies = () => stack.heartline('get', 'agentgatewaypolicies', '-n', 'httpbin');

function write(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** Everything a reader of the API and the worker sees; equal before and after means that nothing happened. */
const readEverything = async () => ({
  state: await readState(stack),
  release: await readRelease(stack),
  worker: await readWorker(stack),
});

function goodWith(from: string, to: string): string {
  const text = GOOD.replace(from, to);
  assert.notEqual(text, GOOD);
  return text;
}

interface Row {
  readonly name: string;
  readonly text: string;
  readonly code: number;
  /** Each has to be printed. */
  readonly said: readonly RegExp[];
}

const annotated = (bytes: number): string =>
  goodWith(
    '  namespace: httpbin',
    `  namespace: httpbin\n  annotations:\n    a: ${'x'.repeat(bytes)}`,
  );

const ROWS: readonly Row[] = [
  {
    name: 'YAML that breaks off',
    text: goodWith('retries: 3', 'retries: [3'),
    code: 65,
    said: [/yaml:1[4-6]:\d+: .*(flow|sequence)/i, /correct the fields named above/],
  },
  {
    name: 'a tab for indentation',
    text: goodWith('  frontend:', '\tfrontend:'),
    code: 65,
    said: [/yaml:11:\d+: /, /tab/i],
  },
  {
    name: 'a key twice',
    text: goodWith('        retries: 3', '        retries: 3\n        retries: 4'),
    code: 65,
    said: [/yaml:15:\d+: .*unique/],
  },
  {
    name: 'an unknown kind',
    text: goodWith('kind: AgentgatewayPolicy', 'kind: AgentgatewayPolice'),
    code: 65,
    said: [/yaml:2:7: kind "AgentgatewayPolice" is not served; use one of .*AgentgatewayPolicy/],
  },
  {
    name: 'a version that is not served',
    text: goodWith('agentgateway.dev/v1alpha1', 'agentgateway.dev/v9'),
    code: 65,
    said: [
      /AgentgatewayPolicy is served as agentgateway\.dev\/v1alpha1, not as agentgateway\.dev\/v9/,
    ],
  },
  {
    name: 'an unknown field',
    text: goodWith('retries: 3', 'retrys: 3'),
    code: 65,
    said: [
      /spec\.frontend\.tcp\.keepalive\.retrys/,
      /did you mean "?retries"?/,
      /yaml:14:\d+: spec/,
      /correct the fields named above/,
    ],
  },
  {
    name: 'a time beyond the limit of the kernel',
    text: goodWith('time: 30s', 'time: 99999h'),
    code: 65,
    said: [/yaml:15:\d+: spec\.frontend\.tcp\.keepalive\.time/, /99999h/, /32767/],
  },
  {
    name: 'a time that is none',
    text: goodWith('time: 30s', 'time: soon'),
    code: 65,
    said: [/spec\.frontend\.tcp\.keepalive\.time/, /soon/],
  },
  {
    name: 'more retries than allowed',
    text: goodWith('retries: 3', 'retries: 65'),
    code: 65,
    said: [/yaml:14:\d+: spec\.frontend\.tcp\.keepalive\.retries/, /64/],
  },
  {
    name: 'text where a number belongs',
    text: goodWith('retries: 3', 'retries: three'),
    code: 65,
    said: [/spec\.frontend\.tcp\.keepalive\.retries/, /three|integer|number/],
  },
  {
    name: 'an object of more than 1 MiB',
    text: annotated(1_100_000),
    code: 65,
    said: [/larger than 983040 bytes/, /split the object, or shorten its annotations/],
  },
  {
    name: 'a file of 30 MiB',
    text: annotated(30 * 1_048_576),
    code: 65,
    said: [/larger than 983040 bytes/],
  },
  {
    name: 'annotations beyond what Kubernetes takes',
    text: annotated(300_000),
    code: 65,
    said: [/metadata\.annotations/, /262144/],
  },
  { name: 'an empty file', text: '# nothing\n', code: 65, said: [/no object in it/] },
  {
    name: 'a good object before one with a syntax error',
    text: `${GOOD.replaceAll('httpbin-keepalive', 'never-stored')}\n---\nkind: [`,
    code: 65,
    said: [/yaml:1[6-9]:\d+: /],
  },
];

for (const { name, text, code, said } of ROWS) {
  test(`apply of ${name}: exit ${code}, a sentence that says where and what, nothing changed`, async () => {
    const before = await readEverything();
    const applied = await stack.heartline('apply', '-f', write('bad.yaml', text));
    assert.equal(applied.code, code, applied.stderr.slice(0, 2000));
    assert.equal(applied.stdout, '');
    for (const pattern of said) assert.match(applied.stderr, pattern);
    assert.ok(applied.stderr.length < 4096, `${applied.stderr.length} characters on the terminal`);
    assert.deepEqual(await readEverything(), before);
  });
}

test('the wrong API token: exit 77, what to do, no token printed, nothing changed', async () => {
  const before = await readEverything();
  const kubeconfig = readFileSync(join(stack.dataDir, 'kubeconfig'), 'utf8');
  const wrong = write('kubeconfig', kubeconfig.replace(/token: .*/, 'token: not-the-token'));
  for (const command of [
    ['apply', '-f', write('other.yaml', goodWith('time: 30s', 'time: 31s'))],
    ['get', 'gateways', '-A'],
    ['delete', 'agentgatewaypolicy', 'httpbin-keepalive', '-n', 'httpbin'],
    ['fleet'],
  ]) {
    const { code, stdout, stderr } = await runHeartline(command, { HEARTLINE_KUBECONFIG: wrong });
    assert.equal(code, 77, `${command[0]}: ${stderr}`);
    assert.equal(stdout, '');
    assert.match(stderr, /use the kubeconfig that the running server wrote; see heartline doctor/);
    assert.doesNotMatch(stderr, /not-the-token/);
  }
  assert.deepEqual(await readEverything(), before);
});

test('names that do not exist, and usage that is wrong: their own codes, nothing changed', async () => {
  const before = await readEverything();
  const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['apply', '-f', join(directory, 'no-such.yaml')], 66, /no-such\.yaml/],
    [['delete', 'agentgatewaypolicy', 'nobody', '-n', 'httpbin'], 66, /"nobody" not found/],
    [['get', 'gatewais'], 64, /gatewais/],
    [['aply'], 64, /unknown command.*apply/s],
    [['apply'], 64, /-f/],
    [['get', 'gateways', '--kubeconfig', join(directory, 'none')], 78, /none/],
  ];
  for (const [command, expected, said] of rows) {
    const { code, stderr } = await stack.heartline(...command);
    assert.equal(code, expected, `${command.join(' ')}: ${stderr}`);
    assert.match(stderr, said);
  }
  assert.deepEqual(await readEverything(), before);
});
