// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runStep, SetupError } from './step.mjs';

/** Commands that tests call, and the Debian package of each. Benchmarks also need gcc and say so themselves. */
const TEST_TOOLS = [
  { command: 'curl', aptPackage: 'curl' },
  { command: 'ip', aptPackage: 'iproute2' },
  { command: 'jq', aptPackage: 'jq' },
  { command: 'nft', aptPackage: 'nftables' },
  { command: 'python3', aptPackage: 'python3' },
  { command: 'ss', aptPackage: 'iproute2' },
];

/** Never fails: without a tool the tests that need it are skipped with the reason, and under CI=true the skip fails the run. */
export async function installTestTools({ cwd }) {
  const missing = TEST_TOOLS.filter(({ command }) => !isOnPath(command));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ aptPackage }) => aptPackage))];
  const commands = missing.map(({ command }) => command).join(', ');
  console.log(`Tests also use ${commands} (Debian packages: ${packages.join(' ')}).`);
  try {
    if (await mayUseApt(packages)) return await installPackages(packages, cwd);
    console.log('Not installed; tests that need them are skipped.');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`${error.message}\nTests that need ${commands} are skipped.`);
  }
}

function isOnPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, command), constants.X_OK);
      return true;
    } catch {
      // Not in this directory.
      return false;
    }
  });
}

async function mayUseApt(packages) {
  if (!isOnPath('apt-get')) return false;
  if (process.env.CI === 'true' || process.env.HEARTLINE_APT === '1') return true;
  if (!process.stdin.isTTY) return process.getuid() === 0;
  // Loaded here because Nodes too old for Heartline do not have it, and they get a sentence, not a stack.
  const { createInterface } = await import('node:readline/promises');
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(`Install ${packages.join(' ')} with apt-get? [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function installPackages(packages, cwd) {
  const apt = process.getuid() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runStep('Updating package lists', [...apt, 'update'], { cwd, env });
  const install = [...apt, 'install', '-y', '--no-install-recommends', ...packages];
  await runStep(`Installing ${packages.join(' ')}`, install, { cwd, env });
}
