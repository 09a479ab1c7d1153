// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { onParentGone } from '../../../shared/process/parent-pipe.js';
import { startHttpbin } from './server.js';

const USAGE = `usage: main.js [--listen HOST:PORT] [--parent-pipe]

  --listen HOST:PORT  address to serve on (default 127.0.0.1:18000)
  --parent-pipe       exit when standard input closes
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      listen: { type: 'string', default: '127.0.0.1:18000' },
      'parent-pipe': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const at = /^\[?(.+?)\]?:(\d{1,5})$/.exec(values.listen);
  if (at?.[1] === undefined) throw new Error(`--listen ${values.listen} is not HOST:PORT`);
  const server = await startHttpbin({ host: at[1], port: Number(at[2]) });
  process.stderr.write(`httpbin sample listens on ${server.host}:${server.port}\n`);
  const stop = (): void => {
    void server.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (values['parent-pipe']) onParentGone(process.stdin, stop);
}

main().catch((thrown: unknown) => {
  process.stderr.write(`httpbin: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exit(1);
});
