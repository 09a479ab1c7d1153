// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';

/**
 * The Kubernetes minor version we claim: some kubectl installs are a dispatcher that picks a binary by
 * it, and every kubectl from 1.29 to 1.33 speaks to a 1.32.
 */
const KUBERNETES_MINOR = '32';

/** What anybody may ask: is it up, is it ready, what is it. */
export function addOpenRoutes(
  app: FastifyInstance,
  options: { readonly version: string; readonly pending?: () => readonly string[] },
): void {
  app.get('/healthz', () => 'ok\n');
  app.get('/readyz', (_request, reply) => {
    const pending = [...(options.pending?.() ?? [])].sort();
    if (pending.length === 0) return 'ok\n';
    reply.code(503);
    return `not ready, pending: ${pending.join(', ')}\n`;
  });
  app.get('/version', () => ({
    major: '1',
    minor: KUBERNETES_MINOR,
    gitVersion: `v1.${KUBERNETES_MINOR}.0+heartline.${options.version}`,
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
    heartline: { version: options.version, node: process.versions.node },
  }));
}
