// SPDX-License-Identifier: Apache-2.0
// Module hooks (node:module, register): one file comes with one text replaced.
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

let sabotage = {};

export function initialize(data) {
  sabotage = data;
}

export async function load(url, context, nextLoad) {
  if (url.split('?')[0] !== sabotage.url) return nextLoad(url, context);
  const text = await readFile(fileURLToPath(sabotage.url), 'utf8');
  const parts = text.split(sabotage.from);
  if (parts.length !== 2) throw new Error(`${sabotage.url}: found ${parts.length - 1} times`);
  appendFileSync(sabotage.loadedFile, '1');
  return { format: 'module', source: parts.join(sabotage.to), shortCircuit: true };
}
