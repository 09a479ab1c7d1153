// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNormaliser } from './normalise.js';
import type { OutputLine, Sign } from './transcript.js';

export interface ShellOptions {
  /** The kubectl that the commands run. */
  readonly kubectl: string;
  /** Base URL of the API server. */
  readonly server: string;
  readonly token: string;
  /** Default namespace of the context. */
  readonly namespace: string;
  /** Where kubectl keeps discovery; shells of one server may share it. */
  readonly cacheDir: string;
}

/** A folder with the manifests, and a bash in it whose kubectl talks to the server. */
export interface Shell {
  /** What the command printed, normalised, and its exit code unless 0. */
  run(command: string): Promise<readonly OutputLine[]>;
  remove(): void;
}

const MANIFESTS = fileURLToPath(new URL('manifests', import.meta.url));
const FUNCTIONS = fileURLToPath(new URL('shell.sh', import.meta.url));
/** Far above what any command takes: it ends a hang. */
const DEADLINE_MS = 60_000;

export function openShell(options: ShellOptions): Shell {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heartline-kubectl-')));
  cpSync(MANIFESTS, folder, { recursive: true });
  const bin = `${folder}.bin`;
  cpSync(FUNCTIONS, join(bin, 'shell.sh'));
  writeFileSync(join(bin, 'kubectl'), `#!/bin/bash\nexec -a kubectl '${options.kubectl}' "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(join(bin, 'kubeconfig'), kubeconfigOf(options));
  const env = {
    PATH: [bin, process.env['PATH']].join(delimiter),
    HOME: bin,
    BASH_ENV: join(bin, 'shell.sh'),
    KUBECONFIG: join(bin, 'kubeconfig'),
    KUBECACHEDIR: options.cacheDir,
    SERVER: options.server,
    TOKEN: options.token,
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  };
  const normalise = createNormaliser({ server: options.server, folder });
  return {
    run: async (command) => {
      const { stdout, stderr, code } = await runBash(command, folder, env);
      return [
        ...toLines('|', normalise(stdout)),
        ...toLines('!', normalise(stderr)),
        ...(code === 0 ? [] : [{ sign: '=' as const, text: `${code}` }]),
      ];
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
      rmSync(bin, { recursive: true, force: true });
    },
  };
}

function kubeconfigOf({ server, token, namespace }: ShellOptions): string {
  const name = 'transcript';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: { token } }],
  };
  return JSON.stringify(config);
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** -1 when it was ended at its deadline. */
  readonly code: number;
}

function runBash(
  command: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = spawn('bash', ['-c', command], {
    ...{ cwd, env, timeout: DEADLINE_MS },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8');
      resolve({ stdout: text(stdout), stderr: text(stderr), code: code ?? -1 });
    });
  });
}

/** Whether the last line ended with a line feed is not kept. */
function toLines(sign: Sign, text: string): OutputLine[] {
  if (text === '') return [];
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => ({ sign, text: line }));
}
