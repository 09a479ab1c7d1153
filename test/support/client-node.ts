// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { renderKubeconfig } from '../../control-plane/cli/kubeconfig/kubeconfig.js';
import type { TestControlPlane } from './control-plane.js';

/** The configuration that a user's client reads: TLS with the installation's authority, and its token. */
export function kubeConfigOf({ dataDir, running }: TestControlPlane): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(
    renderKubeconfig({
      server: `https://127.0.0.1:${running.apiAddress.port}`,
      certificateAuthority: readFileSync(join(dataDir, 'ca.crt'), 'utf8'),
      token: readFileSync(join(dataDir, 'api.token'), 'utf8').trim(),
      workerAdmin: '127.0.0.1:15000',
    }),
  );
  return config;
}
