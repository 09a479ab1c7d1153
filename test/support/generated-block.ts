// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Holds a part of a Markdown file to what a test run found: the lines between `<!-- NAME -->` and
 * `<!-- /NAME -->` must be `text`. With HEARTLINE_UPDATE_GOLDENS=1 they are written instead.
 */
export function assertGeneratedBlock(file: string, name: string, text: string): void {
  const opening = `<!-- ${name} -->\n`;
  const closing = `<!-- /${name} -->`;
  const before = readFileSync(file, 'utf8');
  const start = before.indexOf(opening);
  const end = before.indexOf(closing);
  assert.ok(start >= 0 && end > start, `${file} has no block ${opening.trim()} … ${closing}`);
  const from = start + opening.length;
  const wanted = `${text.trim()}\n`;
  if (before.slice(from, end) === wanted) return;
  if (process.env['HEARTLINE_UPDATE_GOLDENS'] === '1') {
    writeFileSync(file, before.slice(0, from) + wanted + before.slice(end));
    return;
  }
  assert.equal(before.slice(from, end), wanted, `${file}: run with HEARTLINE_UPDATE_GOLDENS=1`);
}
