// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Crd } from './structural-schema.js';

/** Reads every CRD file of a folder, sorted by file name. The one place of this room that touches the disk. */
export function loadCrds(crdDir: string): readonly Crd[] {
  return readdirSync(crdDir)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => readCrd(join(crdDir, file)));
}

function readCrd(path: string): Crd {
  const document = parse(readFileSync(path, 'utf8')) as { kind?: string } | null;
  if (document?.kind !== 'CustomResourceDefinition') {
    throw new HeartlineError('CONFIG', `${path} is no CustomResourceDefinition`, { subject: path });
  }
  return document as unknown as Crd;
}
