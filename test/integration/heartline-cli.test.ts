// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { renderKubeconfig } from '../../control-plane/cli/kubeconfig/kubeconfig.js';
import { runProgram } from '../../control-plane/cli/program.js';
import { packageRoot } from '../../shared/process/package-root.js';
import { startTestApi, type TestApi } from '../support/api-server.js';
import { kindOf } from '../support/sample-objects.js';

const EXAMPLES = join(packageRoot(import.meta.url), 'deploy/examples');
const TCP = join(EXAMPLES, 'tcp-keepalive.yaml');
const HTTP = join(EXAMPLES, 'http-keepalive.yaml');
const LABEL = 'agentgatewaypolicy.agentgateway.dev/httpbin-keepalive';

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let directory: string;
let api: TestApi;
const kubeconfig = (): string => join(directory, '.heartline', 'kubeconfig');

/** Runs a command line in this process, in a directory below the one that has the kubeconfig. */
async function heartline(args: readonly string[], input = ''): Promise<Result> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runProgram(args, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    errRaw: (line) => void err.push(line),
    outRaw: (line) => void out.push(line),
    screen: undefined,
    isInteractive: false,
    env: {},
    cwd: join(directory, 'below'),
    stdin: Readable.from([input]),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** The entry as a user runs it. */
function spawnHeartline(args: readonly string[], env: Record<string, string> = {}) {
  const flags = process.execArgv.filter((flag) => !flag.startsWith('--test'));
  const entry = fileURLToPath(new URL('../../control-plane/cli/main.ts', import.meta.url));
  return spawn(process.execPath, [...flags, entry, ...args], {
    env: { ...process.env, HEARTLINE_KUBECONFIG: kubeconfig(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function writeManifest(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** What is said about the first object of a namespace. */
const newNamespace = (name: string): string =>
  `warning: namespace "${name}" did not exist and was created`;

describe('heartline', () => {
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'heartline-cli-'));
    for (const name of ['.heartline', 'below']) mkdirSync(join(directory, name));
  });
  after(async () => {
    rmSync(directory, { recursive: true, force: true });
    await api.close();
  });
  beforeEach(async () => {
    await api?.close();
    api = await startTestApi();
    const content = { server: api.url, token: api.token, workerAdmin: '127.0.0.1:1' };
    writeFileSync(kubeconfig(), renderKubeconfig(content));
  });

  it('applies, says unchanged, and names what a replace removed', async () => {
    assert.deepEqual(await heartline(['apply', '-f', TCP]), {
      ...ok(`${LABEL} created`),
      err: newNamespace('httpbin'),
    });
    assert.deepEqual(await heartline(['apply', '-f', TCP]), ok(`${LABEL} unchanged`));
    assert.equal(api.store.lastSeq(), 1);
    assert.deepEqual(
      await heartline(['apply', '-f', HTTP, '--dry-run']),
      ok(`${LABEL} configured: -frontend.tcp +frontend.http (dry run)`),
    );
    assert.deepEqual(
      await heartline(['apply', '-f', HTTP]),
      ok(`${LABEL} configured: -frontend.tcp +frontend.http`),
    );
    assert.equal(api.store.lastSeq(), 2);
  });

  it('calls a changed Secret configured and shows no value of it; it used to be called unchanged', async () => {
    const secret = (text: string) =>
      writeManifest(
        'secret.yaml',
        `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: a}\nstringData: {k: ${text}}\n`,
      );
    assert.deepEqual(await heartline(['apply', '-f', secret('one')]), {
      ...ok('secret/s created'),
      err: newNamespace('a'),
    });
    assert.deepEqual(
      await heartline(['apply', '-f', secret('two')]),
      ok('secret/s configured: values that are not shown'),
    );
    assert.deepEqual(await heartline(['apply', '-f', secret('two')]), ok('secret/s unchanged'));
  });

  it('a manifest folder and a cluster exclude each other', async () => {
    const flags = ['--manifests', directory, '--source', 'kubernetes'];
    const { code, err } = await heartline(['control-plane', ...flags]);
    assert.equal(code, 64);
    assert.match(err, /--manifests and --source kubernetes exclude each other/);
  });

  it('gets in every format, and deletes', async () => {
    await heartline(['apply', '-f', TCP]);
    const table = await heartline(['get', 'agpol', '-A']);
    assert.match(
      table.out,
      /^NAMESPACE +NAME +ACCEPTED +ATTACHED +INFORCE +AGE\nhttpbin +httpbin-keepalive +- /,
    );
    const one = ['get', 'AgentgatewayPolicy', 'httpbin-keepalive', '-n', 'httpbin'];
    const json = JSON.parse((await heartline([...one, '-o', 'json'])).out) as { kind: string };
    assert.equal(json.kind, 'AgentgatewayPolicy');
    assert.match((await heartline([...one, '-o', 'yaml'])).out, /retries: 3/);
    assert.deepEqual(await heartline([...one, '-o', 'name']), ok(LABEL));
    assert.match(
      (await heartline(['get', 'agpol'])).err,
      /no agentgatewaypolicies in namespace "default"/,
    );

    const remove = ['delete', 'agentgatewaypolicy', 'httpbin-keepalive', '-n', 'httpbin'];
    assert.deepEqual(await heartline(remove), ok(`${LABEL} deleted`));
    const again = await heartline(remove);
    assert.equal(again.code, 66);
    assert.match(again.err, /^error: .*httpbin-keepalive.*\n {2}see what exists/);
  });

  it('what get prints can be applied again', async () => {
    await heartline(['apply', '-f', join(EXAMPLES, 'gateway.yaml')]);
    const { out } = await heartline(['get', 'gateway', '-A', '-o', 'yaml']);
    const applied = await heartline(['apply', '-f', '-'], out);
    assert.deepEqual(applied, ok('gateway.gateway.networking.k8s.io/agentgateway-proxy unchanged'));
  });

  it('applies a directory in order of names and deletes it again', async () => {
    const files = join(directory, 'manifests');
    mkdirSync(files, { recursive: true });
    for (const [name, source] of [
      ['2.yaml', TCP],
      ['1.yml', join(EXAMPLES, 'gateway.yaml')],
    ] as const) {
      writeFileSync(join(files, name), readFileSync(source));
    }
    writeFileSync(join(files, 'README'), 'no manifest');
    const { out } = await heartline(['apply', '-f', files, '--reason', 'because']);
    assert.equal(out.split('\n').length, 5);
    assert.equal(out.split('\n')[4], `${LABEL} created`);
    const removed = await heartline(['delete', '-f', files]);
    assert.equal(removed.out.split('\n')[0], `${LABEL} deleted`);
    assert.equal(removed.code, 0);
  });

  it('a change that another client wrote meanwhile is read again', async () => {
    await heartline(['apply', '-f', TCP]);
    const kind = kindOf('AgentgatewayPolicy');
    const view = api.views.get(kind);
    assert.ok(view);
    const { get } = view;
    let races = 2;
    // The first reads are answered, and then overtaken by a write of somebody else.
    Object.assign(view, {
      get: (...args: Parameters<typeof get>) => {
        const object = get(...args);
        if (races > 0 && object !== undefined) {
          races -= 1;
          const {
            metadata: { resourceVersion: _, ...metadata },
          } = object;
          const touched = { ...object, metadata: { ...metadata, labels: { race: String(races) } } };
          void api.door.applyObjects({
            caller: { actor: 'other', reason: 'race' },
            changes: [
              {
                verb: 'replace',
                kind,
                namespace: 'httpbin',
                name: 'httpbin-keepalive',
                object: touched,
              },
            ],
            dryRun: false,
            fieldValidation: 'Strict',
          });
        }
        return object;
      },
    });
    const { code, out } = await heartline(['apply', '-f', HTTP]);
    assert.equal(code, 0);
    assert.match(out, /configured: -frontend\.tcp -metadata\.labels\.race \+frontend\.http/);
  });

  describe('bad input', () => {
    for (const [name, content, code, err] of [
      ['broken YAML', 'kind: [\n  a', 65, /^error: .*bad\.yaml:2:\d+: .*\n {2}\S/],
      [
        'an unknown kind',
        'apiVersion: v1\nkind: Pod\nmetadata: {name: a}',
        65,
        /bad\.yaml:2:7: kind "Pod" is not served/,
      ],
      ['nothing', '# empty\n', 65, /bad\.yaml: no object in it/],
      [
        'an unknown field',
        policyYaml('tiem: 5s'),
        65,
        /bad\.yaml:9:\d+: .*unknown field.*spec\.frontend\.tcp\.keepalive\.tiem.*\n {2}correct the fields/,
      ],
      [
        'an impossible value',
        policyYaml('retries: 65'),
        65,
        /bad\.yaml:9:18: spec\.frontend\.tcp\.keepalive\.retries: .*65.*64/,
      ],
    ] as const) {
      it(name, async () => {
        const result = await heartline(['apply', '-f', writeManifest('bad.yaml', content)]);
        assert.match(result.err, err);
        assert.equal(result.code, code);
        assert.equal(result.out, '');
        assert.equal(api.store.lastSeq(), 0);
      });
    }

    it('names each problem once; the headline used to repeat all of them', async () => {
      const bad = writeManifest('bad.yaml', policyYaml('retries: 65'));
      const { err } = await heartline(['apply', '-f', bad]);
      assert.equal(err.split('must be from 1 to 64').length, 2, err);
      assert.match(err, /^error: .*AgentgatewayPolicy\.agentgateway\.dev "[^"]+" is invalid\n/);
    });

    it('one bad document of a file: nothing is sent when it is unsound, the rest when the server refuses it', async () => {
      const good = readFileSync(TCP, 'utf8');
      const unsound = writeManifest('two.yaml', `${good}\n---\nkind: Pod\n`);
      assert.equal((await heartline(['apply', '-f', unsound])).code, 65);
      assert.equal(api.store.lastSeq(), 0);
      const refused = writeManifest('two.yaml', `${policyYaml('retries: 0')}\n---\n${good}`);
      const result = await heartline(['apply', '-f', refused]);
      assert.equal(result.out, `${LABEL} created`);
      assert.match(
        result.err,
        /^error: .*two\.yaml:1:1: agentgatewaypolicy\.agentgateway\.dev\/bad: /m,
      );
      assert.equal(result.code, 65);
    });

    for (const [name, args, code, err] of [
      ['an unknown command', ['aply'], 64, /unknown command 'aply'\n\(Did you mean apply\?\)/],
      ['an unknown option', ['get', 'agpol', '--al'], 64, /unknown option '--al'/],
      ['apply without a file', ['apply'], 64, /required option '-f, --filename <file>'/],
      ['a missing file', ['apply', '-f', 'nowhere.yaml'], 66, /cannot read nowhere\.yaml: ENOENT/],
      ['an unknown kind', ['get', 'pods'], 64, /kind "pods" is not served; use one of .*agpol/],
      [
        'an unknown format',
        ['get', 'agpol', '-o', 'xml'],
        64,
        /Allowed choices are table, json, yaml, name/,
      ],
      ['a name and -A', ['get', 'agpol', 'x', '-A'], 64, /NAME and -A exclude each other/],
      [
        'an object that is not there',
        ['get', 'agpol', 'x'],
        66,
        /no agentgatewaypolicy "x" in namespace "default"/,
      ],
      ['delete without a name', ['delete', 'agpol'], 64, /give KIND and NAME, or -f FILE/],
      [
        'a kubeconfig that is not there',
        ['fleet', '--kubeconfig', 'no'],
        78,
        /--kubeconfig names .*below\/no, which does not exist/,
      ],
      [
        'a worker that does not run',
        ['connections'],
        69,
        /worker's admin listener at 127\.0\.0\.1:1 is not running/,
      ],
      ['a pod address elsewhere', ['up', '--pod-ip', '10.0.0.1'], 64, /in 127\.0\.0\.0\/8/],
      ['a wrong port offset', ['up', '--port-offset', '60000'], 64, /whole number from 0 to 47535/],
      [
        'a control plane beyond loopback',
        ['control-plane', '--xds-addr', '0.0.0.0:1'],
        78,
        /--allow-insecure/,
      ],
    ] as const) {
      it(name, async () => {
        const result = await heartline(args);
        assert.match(result.err, err);
        assert.equal(result.code, code);
        assert.equal(result.out, '');
      });
    }

    it('a wrong token', async () => {
      const content = { server: api.url, token: 'wrong', workerAdmin: '127.0.0.1:1' };
      writeFileSync(kubeconfig(), renderKubeconfig(content));
      const result = await heartline(['fleet']);
      assert.equal(result.code, 77);
      assert.match(result.err, /token/);
    });

    it('a server that is gone', async () => {
      await api.close();
      const result = await heartline(['apply', '-f', join(EXAMPLES, 'gateway.yaml')]);
      assert.equal(result.code, 69);
      assert.match(result.err, /is not running: connection refused\n {2}see that it runs/);
      assert.equal(result.err.split('\n').length, 2);
    });
  });

  it('fleet says that no worker is connected', async () => {
    assert.deepEqual(await heartline(['fleet']), ok('no worker is connected'));
  });

  it('version names program, node and server', async () => {
    const { out } = await heartline(['version']);
    assert.match(out, /^heartline: \d+\.\d+\.\d+\nnode: 2\d\..*\nserver: 0\.0\.0-test$/);
  });

  it('every command has help with examples', async () => {
    const { out } = await heartline(['-h']);
    const commands = [...out.matchAll(/^ {2}([a-z][a-z-]+) /gm)].map(([, name]) => name ?? '');
    assert.ok(commands.length >= 11, out);
    for (const name of commands.filter(
      (command) => command !== 'help' && command !== 'dataplane',
    )) {
      const help = await heartline([name, '-h']);
      assert.equal(help.code, 0);
      assert.match(help.out, /Examples:\n {2}heartline /, name);
    }
  });

  describe('a worker', () => {
    const row = (id: number, inForce: boolean) => ({
      id,
      side: 'downstream',
      bindKey: '8080/httpbin/agentgateway-proxy',
      listener: 'http',
      protocol: 'h2',
      peer: '127.0.0.1:5',
      client: id === 1 ? '127.0.0.1:5' : '10.0.0.9:4711',
      state: 'idle',
      ageMs: 61_000,
      idleMs: 1500,
      version: '1-ab',
      inForce,
      settling: false,
      deferred: false,
      settingsPending: inForce,
      requests: 3,
      bytesRead: 100,
      bytesWritten: 200,
      lastPing: inForce ? { sentAgoMs: 4000, roundTripMs: 0.25 } : { sentAgoMs: 4000 },
      tcp: { roundTripMs: 42, unackedSegments: 1, notSentBytes: 9, state: 'ESTAB' },
      keepalive: { enabled: true, idleSeconds: 30, intervalSeconds: 5, probes: 3 },
    });
    const replies: Record<string, unknown> = {};
    const admin = createServer((request, response) => {
      if (request.url?.includes('peer=me')) response.writeHead(400).end('peer is me');
      else response.end(JSON.stringify(replies[request.url ?? '']));
    });
    before(async () => {
      admin.listen(0, '127.0.0.1');
      await once(admin, 'listening');
    });
    after(() => void admin.close());
    const at = (): string[] => [
      '--admin-addr',
      `127.0.0.1:${(admin.address() as AddressInfo).port}`,
    ];

    it('shows connections of every page', async () => {
      replies['/connections?afterId=0&limit=1000'] = {
        connections: [row(1, true)],
        nextAfterId: 1,
        total: 2,
      };
      replies['/connections?afterId=1&limit=1000'] = { connections: [row(2, false)], total: 2 };
      const { out } = await heartline(['connections', ...at()]);
      const [head, first, second, total] = out.split('\n').map((line) => line.split(/ {3,}/));
      assert.deepEqual(head?.slice(-3), ['KEEPALIVE', 'VERSION', 'IN FORCE']);
      const cells = ['http', 'h2', '127.0.0.1:5', 'idle', '1m1s', '1.5s', '1/30/5/3', '1-ab'];
      assert.deepEqual(first, ['1', 'downstream', ...cells, 'yes, settings pending']);
      assert.deepEqual(second, ['2', 'downstream', ...cells, 'no']);
      assert.deepEqual(total, ['2 connections, 1 in force']);
    });

    it('shows client, bind, PING and path when there is room', async () => {
      replies['/connections?afterId=0&limit=1000'] = {
        connections: [row(1, true), row(2, false)],
        total: 2,
      };
      const { out } = await heartline(['connections', '-o', 'wide', ...at()]);
      const [head, first, second] = out.split('\n').map((line) => line.split(/ {3,}/));
      const cell = (line: readonly string[] | undefined, name: string) =>
        line?.[head?.indexOf(name) ?? -1];
      const names = ['CLIENT', 'BIND', 'REQUESTS', 'PING', 'RTT', 'UNACKED', 'UNSENT', 'TCP'];
      assert.deepEqual(
        names.map((name) => cell(first, name)),
        ['-', '8080/httpbin/agentgateway-proxy', '3', '0.25ms 4.0s ago', '42ms', '1', '9', 'ESTAB'],
      );
      assert.equal(cell(second, 'CLIENT'), '10.0.0.9:4711');
      assert.equal(cell(second, 'PING'), 'waits 4.0s');
    });

    it('hands conditions to the worker, and its complaint to the user', async () => {
      const path =
        '/connections?afterId=0&limit=1000&client=10.0.0.0%2F8&idleLongerThan=5m&settling=true&version=not-in-force';
      replies[path] = { connections: [row(7, false)], total: 1 };
      const flags = ['--client', '10.0.0.0/8', '--idle-longer-than', '5m', '--settling'];
      const { out } = await heartline([
        ...['connections', ...flags, '--version', 'not-in-force', '-o', 'json'],
        ...at(),
      ]);
      assert.deepEqual(JSON.parse(out), { connections: [row(7, false)] });
      const wrong = await heartline(['connections', '--peer', 'me', ...at()]);
      assert.equal(wrong.code, 64);
      assert.match(wrong.err, /peer is me/);
    });

    it('shows one page and says how to go on', async () => {
      replies['/connections?afterId=5&limit=1'] = {
        connections: [row(6, true)],
        nextAfterId: 6,
        total: 3,
      };
      const { out, err } = await heartline([
        ...['connections', '--after-id', '5', '--limit', '1'],
        ...at(),
      ]);
      assert.match(out, /^ID.*\n6 .*\n1 connection, 1 in force$/);
      assert.equal(err, 'more of 3: --after-id 6');
    });

    it('says that no connection is open', async () => {
      replies['/connections?afterId=0&limit=1000'] = { connections: [], total: 0 };
      assert.deepEqual(await heartline(['connections', ...at()]), ok('no connection is open'));
    });

    it('watches: one line for each change, also while the worker is away', async () => {
      const path = '/connections?afterId=0&limit=1000';
      replies[path] = { connections: [row(1, true)], total: 1 };
      const watch = ['connections', '--watch', '-o', 'json', '--interval', '100ms', ...at()];
      const child = spawnHeartline(watch);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async () => {
        const { event, connection } = JSON.parse((await lines.next()).value ?? '{}');
        return `${event} ${connection?.id}`;
      };
      assert.equal(await next(), 'open 1');
      replies[path] = { connections: [row(1, false), row(2, true)], total: 2 };
      assert.equal(await next(), 'changed 1');
      assert.equal(await next(), 'opened 2');
      replies[path] = undefined;
      assert.match(String(await once(child.stderr, 'data')), /no JSON.*; waiting for it/);
      replies[path] = { connections: [row(2, true)], total: 1 };
      assert.equal(await next(), 'closed 1');
      child.kill('SIGINT');
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGINT']);
    });

    it('dumps one policy', async () => {
      const named = (name: string) => ({ key: `k/${name}`, name: { name } });
      replies['/config_dump'] = {
        policies: [named('a'), { key: 'local', name: null }, named('b')],
      };
      const { out } = await heartline(['config-dump', '--policy', 'b', ...at()]);
      assert.deepEqual(JSON.parse(out), [named('b')]);
      replies['/config_dump?profile=1.4'] = { policies: [named('new')] };
      const newer = await heartline(['config-dump', '--profile', '1.4', ...at()]);
      assert.deepEqual(JSON.parse(newer.out), { policies: [named('new')] });
      const missing = await heartline(['config-dump', '--policy', 'c', ...at()]);
      assert.equal(missing.code, 66);
      assert.match(missing.err, /runs no policy named "c"/);
    });
  });

  describe('as a process', () => {
    async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Result> {
      const child = spawnHeartline(args, env);
      const [out, err, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close') as Promise<[number]>,
      ]);
      return { code, out, err };
    }

    it('answers on standard output and exits 0', async () => {
      assert.deepEqual(await run(['apply', '-f', TCP]), {
        code: 0,
        out: `${LABEL} created\n`,
        err: `${newNamespace('httpbin')}\n`,
      });
    });

    it('fails on standard error, with a stack only when debugging', async () => {
      const plain = await run(['get', 'agpol', 'x']);
      assert.deepEqual([plain.code, plain.out], [66, '']);
      assert.equal(plain.err.trim().split('\n').length, 2);
      const debugged = await run(['get', 'agpol', 'x'], { HEARTLINE_DEBUG: '1' });
      assert.match(debugged.err, /\n {4}at /);
    });
  });
});

function ok(out: string): Result {
  return { code: 0, out, err: '' };
}

function policyYaml(field: string): string {
  return `apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: {name: bad, namespace: httpbin}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: gw}]
  frontend:
    tcp:
      keepalive:
        ${field}
`;
}
