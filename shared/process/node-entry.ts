// SPDX-License-Identifier: Apache-2.0
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Arguments for node that run another entry of this package: `path` is relative to the module `fromUrl`
 * and has no ending. From sources the loader flags of this process (`--import tsx`) are repeated; in
 * dist/ there is nothing to load.
 */
export function nodeEntryArgs(
  fromUrl: string,
  path: string,
  execArgv: readonly string[] = process.execArgv,
): readonly string[] {
  const ending = extname(fileURLToPath(fromUrl));
  const file = fileURLToPath(new URL(`${path}${ending}`, fromUrl));
  return ending === '.ts' ? [...execArgv, file] : [file];
}
