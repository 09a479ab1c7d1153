// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable, freePort, untilListening } from './native-proxy.js';

export interface Origin {
  readonly port: number;
  stop(): Promise<void>;
}

/** The same answer for every proxy: `/` is 1 KiB from memory, `/big` is `bigBytes` of zeros from a sparse file. */
export async function startNginxOrigin(directory: string, bigBytes: number): Promise<Origin> {
  const file = findExecutable('nginx');
  if (file === undefined)
    throw new Error('nginx is the origin of this benchmark: apt-get install nginx');
  const port = await freePort();
  const configFile = join(directory, 'origin.conf');
  const big = openSync(join(directory, 'big'), 'w');
  ftruncateSync(big, bigBytes);
  closeSync(big);
  writeFileSync(
    configFile,
    `
daemon off; worker_processes 1; pid ${join(directory, 'origin.pid')}; error_log ${join(directory, 'origin.log')} crit;
user root;
events { worker_connections 16000; }
http {
  access_log off; sendfile on; keepalive_requests 100000000; keepalive_timeout 600s;
  server { listen 127.0.0.1:${port} backlog=4096; root ${directory};
    location = / { default_type text/plain; return 200 '${'x'.repeat(1024)}'; } }
}
`,
  );
  const child = spawn(file, ['-c', configFile], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  await untilListening(port);
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
