// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { namespaceOf, runIn } from '../../support/network-lab/namespaces.js';
import { findExecutable } from '../support/native-proxy.js';

/** nginx and haproxy of the distribution at the near end, in front of the same backend; those that are installed. */
export interface Native {
  readonly name: 'nginx' | 'haproxy';
  readonly port: number;
  stop(): Promise<void>;
}

export interface NativesOptions {
  /** For configurations, pid files and logs. */
  readonly directory: string;
  readonly backend: { readonly host: string; readonly port: number };
  readonly keepalive: {
    readonly idleSeconds: number;
    readonly intervalSeconds: number;
    readonly probes: number;
  };
}

const PORTS = { nginx: 9101, haproxy: 9102 } as const;

export async function startNatives(options: NativesOptions): Promise<readonly Native[]> {
  const natives = (['nginx', 'haproxy'] as const).flatMap((name) => {
    const file = findExecutable(name);
    if (file === undefined) return [];
    const config = join(options.directory, `${name}.conf`);
    writeFileSync(config, name === 'nginx' ? nginxConfig(options) : haproxyConfig(options));
    const args = name === 'nginx' ? ['-c', config] : ['-db', '-f', config];
    const child = spawn('ip', ['netns', 'exec', namespaceOf('near'), file, ...args], {
      stdio: 'ignore',
    });
    return [{ name, port: PORTS[name], stop: () => stop(child) }];
  });
  await eventually(() => {
    const listening = runIn('near', 'ss', '-tlnH');
    const missing = natives.filter(({ port }) => !listening.includes(`:${port} `));
    if (missing.length > 0) throw new Error(`${missing[0]?.name} does not listen`);
  });
  return natives;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  // nginx: fast shutdown, its worker with it.
  child.kill('SIGTERM');
  await once(child, 'exit');
}

function nginxConfig({ directory, backend, keepalive }: NativesOptions): string {
  const { idleSeconds, intervalSeconds, probes } = keepalive;
  return `
daemon off; worker_processes 1; user root;
pid ${join(directory, 'nginx.pid')}; error_log ${join(directory, 'nginx.log')} crit;
events { worker_connections 1000; }
http {
  access_log off; keepalive_timeout 600s;
  server {
    listen ${PORTS.nginx} so_keepalive=${idleSeconds}s:${intervalSeconds}s:${probes};
    location / { proxy_pass http://${backend.host}:${backend.port}; proxy_buffering off; }
  }
}
`;
}

function haproxyConfig({ backend, keepalive }: NativesOptions): string {
  const { idleSeconds, intervalSeconds, probes } = keepalive;
  return `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 600s
  option clitcpka
  clitcpka-idle ${idleSeconds}s
  clitcpka-intvl ${intervalSeconds}s
  clitcpka-cnt ${probes}
listen in
  bind :${PORTS.haproxy}
  server origin ${backend.host}:${backend.port}
`;
}
