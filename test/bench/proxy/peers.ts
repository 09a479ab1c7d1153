// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** The newest versions that run on Node 20. They are no dependency of the project: nobody but this benchmark needs them. */
const PACKAGES = [
  '@fastify/http-proxy@11.6.3',
  'fast-proxy@2.2.0',
  'fastify@5.12.8',
  'http-proxy-3@1.23.3',
];

export const PEERS = ['http-proxy-3', '@fastify/http-proxy', 'fast-proxy'] as const;

/** Installs them once into `directory`; its node_modules, or undefined where no registry is reached. */
export function installPeers(directory: string): string | undefined {
  const modules = join(directory, 'node_modules');
  if (PEERS.every((name) => existsSync(join(modules, name)))) return modules;
  mkdirSync(directory, { recursive: true });
  try {
    const args = ['install', '--prefix', directory, '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', [...args, ...PACKAGES], { stdio: ['ignore', 'ignore', 'pipe'] });
    return modules;
  } catch (error) {
    console.log(`peers are left out, they could not be installed: ${String(error)}`);
    return undefined;
  }
}
