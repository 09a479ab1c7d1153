// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { familyOf } from './process-cost.js';

/** Keepalive towards clients: time and interval in seconds. */
export interface NativeKeepalive {
  readonly time: number;
  readonly interval: number;
  readonly retries: number;
}

export interface NativeProxyOptions {
  /** For configuration, pid file and logs. */
  readonly directory: string;
  /** Port of the backend on 127.0.0.1. */
  readonly originPort: number;
  readonly mode: 'http' | 'tcp';
  readonly keepalive?: NativeKeepalive;
}

/** A proxy of the distribution, with one worker of one thread, as its package configures it otherwise. */
export interface NativeProxy {
  readonly port: number;
  /** Master and workers, those of earlier configurations included. */
  pids(): number[];
  /** Writes another configuration and reloads, as an operator would. */
  reload(keepalive: NativeKeepalive): void;
  stop(): Promise<void>;
}

const NATIVE_KEEPALIVE: NativeKeepalive = { time: 30, interval: 5, retries: 3 };

/** Undefined where nginx is not installed. */
export function startNginx(options: NativeProxyOptions): Promise<NativeProxy> | undefined {
  const file = findExecutable('nginx');
  return file === undefined ? undefined : startNative(options, NGINX(file));
}

/** Undefined where haproxy is not installed. */
export function startHaproxy(options: NativeProxyOptions): Promise<NativeProxy> | undefined {
  const file = findExecutable('haproxy');
  return file === undefined ? undefined : startNative(options, HAPROXY(file));
}

interface Program {
  readonly file: string;
  readonly args: (configFile: string) => readonly string[];
  readonly config: (
    options: NativeProxyOptions,
    port: number,
    keepalive: NativeKeepalive,
  ) => string;
  readonly reloadSignal: NodeJS.Signals;
}

const NGINX = (file: string): Program => ({
  file,
  args: (configFile) => ['-c', configFile],
  config: (options, port, { time, interval, retries }) => {
    const listen = `listen 127.0.0.1:${port} backlog=4096 so_keepalive=${time}s:${interval}s:${retries};`;
    return `
daemon off; worker_processes 1; worker_rlimit_nofile 19000;
pid ${join(options.directory, 'nginx.pid')}; error_log ${join(options.directory, 'nginx.log')} crit;
events { worker_connections 16000; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  map $http_upgrade $upgraded { default upgrade; '' ''; }
  upstream origin { server 127.0.0.1:${options.originPort}; keepalive 256; keepalive_requests 100000000; }
  server { ${listen}
    location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_read_timeout 1h;
      proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $upgraded; } }
}
`;
  },
  reloadSignal: 'SIGHUP',
});

const HAPROXY = (file: string): Program => ({
  file,
  args: (configFile) => ['-W', '-f', configFile],
  config: (options, port, { time, interval, retries }) => `
global
  nbthread 1
  maxconn 8000
defaults
  mode ${options.mode}
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  ${options.mode === 'http' ? 'timeout http-keep-alive 600s\n  http-reuse always' : ''}
  option clitcpka
  clitcpka-idle ${time}s
  clitcpka-intvl ${interval}s
  clitcpka-cnt ${retries}
listen in
  bind 127.0.0.1:${port} backlog 4096
  server origin 127.0.0.1:${options.originPort}
`,
  reloadSignal: 'SIGUSR2',
});

async function startNative(options: NativeProxyOptions, program: Program): Promise<NativeProxy> {
  const port = await freePort();
  const configFile = join(options.directory, `${port}.conf`);
  const write = (keepalive: NativeKeepalive): void =>
    writeFileSync(configFile, program.config(options, port, keepalive));
  write(options.keepalive ?? NATIVE_KEEPALIVE);
  const child = spawn(program.file, program.args(configFile), {
    // haproxy tells of its life there, in colour of alarm.
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await untilListening(port);
  const master = child.pid ?? 0;
  return {
    port,
    pids: () => familyOf(master),
    reload(keepalive) {
      write(keepalive);
      child.kill(program.reloadSignal);
    },
    async stop() {
      // Workers of earlier configurations wait for their clients: a benchmark does not.
      const workers = familyOf(master).slice(1);
      child.kill('SIGTERM');
      for (const pid of workers) endIfThere(pid);
      await ended;
    },
  };
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Its master was faster.
  }
}

export function findExecutable(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there: the next directory of PATH may have it.
    return false;
  }
}

/** A port on 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await canConnect(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nothing listens on 127.0.0.1:${port} after 5 s`);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (connected: boolean): void => {
      socket.destroy();
      resolve(connected);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
