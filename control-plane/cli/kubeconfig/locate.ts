// SPDX-License-Identifier: Apache-2.0
import { dirname, join, resolve } from 'node:path';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';

/** Directory that `up` keeps its state in, and its kubeconfig, by default below the working directory. */
export const STATE_DIRECTORY = '.heartline';
export const KUBECONFIG_FILE = 'kubeconfig';
export const KUBECONFIG_VARIABLE = 'HEARTLINE_KUBECONFIG';

export interface KubeconfigPlaces {
  /** --kubeconfig. */
  readonly flag: string | undefined;
  /** The environment's HEARTLINE_KUBECONFIG. */
  readonly variable: string | undefined;
  readonly cwd: string;
}

/** The flag, else the variable, else the nearest .heartline/kubeconfig upward from `cwd`. */
export function locateKubeconfig(
  places: KubeconfigPlaces,
  exists: (path: string) => boolean,
): string {
  const named = [
    ['--kubeconfig', places.flag],
    [KUBECONFIG_VARIABLE, places.variable],
  ] as const;
  for (const [source, path] of named) {
    if (path === undefined || path === '') continue;
    const absolute = resolve(places.cwd, path);
    if (exists(absolute)) return absolute;
    throw new HeartlineError('CONFIG', `${source} names ${absolute}, which does not exist`, {
      subject: absolute,
    });
  }
  const found = searchUpward(places.cwd, exists);
  if (found !== undefined) return found;
  throw new HeartlineError(
    'CONFIG',
    `no kubeconfig: --kubeconfig is not given, ${KUBECONFIG_VARIABLE} is not set, and neither ${places.cwd} nor a directory above it has ${STATE_DIRECTORY}/${KUBECONFIG_FILE}; "heartline up" writes one`,
  );
}

function searchUpward(from: string, exists: (path: string) => boolean): string | undefined {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const path = join(directory, STATE_DIRECTORY, KUBECONFIG_FILE);
    if (exists(path)) return path;
    if (directory === dirname(directory)) return undefined;
  }
}
