// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { eventually } from '../support/eventually.js';
import { DELETE, type GuidePart, HTTP_PART, PORT_FORWARD, TCP_PART } from '../support/guide.js';
import { findKubectls, type Kubectl, whyNoKubectl } from '../support/kubectl.js';
import { readCommands } from '../support/readme.js';

/**
 * Every command of agentgateway's Keepalive guide, word for word, with the stock kubectl. The guide needs localhost:15000 for itself, so it all
 * runs in a network namespace of its own.
 */
const MAIN = fileURLToPath(new URL('../../control-plane/cli/main.ts', import.meta.url));
const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const TSX = import.meta.resolve('tsx');
const NETNS = `hl-guide-${process.pid}`;
const IN_NETNS = ['netns', 'exec', NETNS];
const skip = process.getuid?.() === 0 ? whyNoKubectl() : 'a network namespace needs root';

let directory: string;
/** Folder of the `kubectl` that the commands find first. */
let bin: string;

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` };
}

function useKubectl({ path, version }: Kubectl): void {
  bin = join(directory, version);
  mkdirSync(bin, { recursive: true });
  rmSync(join(bin, 'kubectl'), { force: true });
  symlinkSync(path, join(bin, 'kubectl'));
}

/** A line of the user's shell, in the directory where `up` runs. */
async function run(line: string): Promise<string> {
  const script = `set -o pipefail; export KUBECONFIG=$PWD/.heartline/kubeconfig; ${line}`;
  const { stdout } = await promisify(execFile)('ip', [...IN_NETNS, 'bash', '-c', script], {
    cwd: directory,
    env: environment(),
    timeout: 60_000,
  });
  return stdout;
}

function start(...command: readonly string[]): { child: ChildProcess; text: () => string } {
  const child = spawn('ip', [...IN_NETNS, ...command], {
    cwd: directory,
    env: { ...environment(), KUBECONFIG: join(directory, '.heartline', 'kubeconfig') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk));
  return { child, text: () => text };
}

async function interrupt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGINT');
  await once(child, 'exit');
}

/** Connections that went through a port-forward and are over. */
async function forwarded(): Promise<number> {
  const metrics = await run('kubectl get --raw /metrics');
  return Number(/^heartline_events_total\{type="forwarded"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

/** Addresses on which somebody listens on port 15000, each with the program's name. */
async function listeners(): Promise<readonly string[]> {
  const text = await run("ss -Hltnp 'sport = :15000'");
  const rows = text.split('\n').filter((line) => line !== '');
  return rows.map((row) => `${row.split(/\s+/)[3]} ${/\("([^"]+)"/.exec(row)?.[1]}`).sort();
}

/** Applies, forwards, reads and deletes, as the guide does; what was read came through the forward. */
async function walk({ apply, dump, readDump }: GuidePart): Promise<void> {
  assert.equal(await run(apply), 'agentgatewaypolicy.agentgateway.dev/httpbin-keepalive created\n');
  const before = await forwarded();
  const forward = start('bash', '-c', `exec ${PORT_FORWARD}`);
  try {
    await eventually(() =>
      assert.match(forward.text(), /^Forwarding from 127\.0\.0\.1:15000 -> 15000/m),
    );
    const [own, ...others] = (await listeners()).toSorted((a) =>
      a.startsWith('127.0.0.15') ? -1 : 1,
    );
    assert.match(own ?? '', /^127\.0\.0\.15:15000 /, 'the worker is on the address of its pod');
    for (const other of others) assert.match(other, / kubectl[.\d]*$/);
    assert.ok(others.length > 0);
    await eventually(async () => {
      assert.equal(await run(readDump), `${JSON.stringify(dump, null, 2)}\n`);
    });
    await eventually(async () =>
      assert.ok((await forwarded()) >= before + 2, '(await forwarded()) >= before + 2'),
    );
    assert.match(forward.text(), /Handling connection for 15000/);
    assert.doesNotMatch(forward.text(), /error/i);
  } finally {
    await interrupt(forward.child);
  }
  assert.match(
    await run(DELETE),
    /^agentgatewaypolicy\.agentgateway\.dev "httpbin-keepalive" deleted/,
  );
}

describe('the Keepalive guide with kubectl', { skip }, () => {
  const kubectls = skip === false ? findKubectls() : [];
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'heartline-guide-'));
    execFileSync('ip', ['netns', 'add', NETNS]);
    execFileSync('ip', [...IN_NETNS, 'ip', 'link', 'set', 'lo', 'up']);
  });
  after(() => {
    const pids = execFileSync('ip', ['netns', 'pids', NETNS], { encoding: 'utf8' });
    for (const pid of pids.split('\n').filter((line) => line !== '')) {
      process.kill(Number(pid), 'SIGKILL');
    }
    execFileSync('ip', ['netns', 'delete', NETNS]);
    rmSync(directory, { recursive: true, force: true });
  });

  it('is what the README shows', () => {
    const shown = readCommands(README, 'The Keepalive guide, with kubectl').join('\n');
    assert.ok(shown.includes('export KUBECONFIG=$PWD/.heartline/kubeconfig\n'));
    for (const command of [PORT_FORWARD, TCP_PART.readDump, DELETE]) {
      assert.ok(shown.includes(command), command);
    }
    const example = readFileSync(
      join(dirname(README), 'deploy/examples/tcp-keepalive.yaml'),
      'utf8',
    );
    const applied = TCP_PART.apply.split('\n').slice(1, -1).join('\n');
    assert.deepEqual(parse(example), parse(applied), 'the example is the guide');
  });

  for (const [network, hasV6] of [
    ['IPv4 and IPv6', true],
    ['IPv6 switched off', false],
  ] as const) {
    describe(`on a machine with ${network}`, () => {
      let up: ReturnType<typeof start>;
      before(async () => {
        const off = hasV6 ? 0 : 1;
        const setting = `net.ipv6.conf.all.disable_ipv6=${off}`;
        execFileSync('ip', [...IN_NETNS, 'sysctl', '-q', '-w', setting]);
        const [first] = kubectls;
        if (first !== undefined) useKubectl(first);
        up = start(process.execPath, '--import', TSX, MAIN, 'up', '--pod-ip', '127.0.0.15');
        await eventually(() => assert.match(up.text(), /Heartline is up/), { deadlineMs: 120_000 });
      });
      after(() => interrupt(up.child));

      // SPDY is 1.29's only way, websockets the first choice of 1.31 and later.
      const chosen = hasV6
        ? kubectls.filter(({ minor }, index) => index === 0 || minor === 29 || minor === 33)
        : kubectls.slice(0, 1);
      for (const kubectl of chosen) {
        it(`kubectl ${kubectl.version}: TCP keepalive, then HTTP keepalive`, async () => {
          useKubectl(kubectl);
          await walk(TCP_PART);
          await walk(HTTP_PART);
        });
      }

      it('the forwards are in the log of the control plane', () => {
        const log = readFileSync(join(directory, '.heartline/logs/control-plane.log'), 'utf8');
        const lines = log.split('\n').filter((line) => line.includes('"port-forward opened"'));
        assert.ok(lines.length >= 2 * chosen.length);
        for (const line of lines) assert.match(line, /"actor":"admin".*"target":"admin"/);
      });
    });
  }
});
