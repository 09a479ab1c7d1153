// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** Command lines of the `sh` fences below a `## heading` of a Markdown file, comments removed. */
export function readCommands(file: string, heading: string): readonly string[] {
  const section = readFileSync(file, 'utf8')
    .split(/^## /m)
    .find((part) => part.startsWith(heading));
  if (section === undefined) throw new Error(`${file} has no heading "${heading}"`);
  const fences = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  return fences
    .flatMap(([, body]) => (body ?? '').split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');
}
