// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startControlPlane } from '../../../control-plane/app.js';
import { createLogger } from '../../../shared/telemetry/logger.js';

/** A whole control plane with its store on disk: prints its API port and token, ends with its input. */
const [dataDir = ''] = process.argv.slice(2);
const anyPort = { host: '127.0.0.1', port: 0 };
const running = await startControlPlane({
  dataDir,
  xdsAddress: anyPort,
  apiAddress: anyPort,
  cluster: 'local',
  logger: createLogger({ name: 'bench', level: 'warn' }),
});
const token = readFileSync(join(dataDir, 'api.token'), 'utf8').trim();
console.log(`${running.apiAddress.port} ${token}`);
process.stdin.resume();
process.stdin.once('end', () => void running.stop());
