// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Crd } from './structural-schema.js';

/** What a file may be: a CRD, or the schema of a kind that is built into Kubernetes or computed, and must not be installed. */
const SCHEMA_KINDS: readonly string[] = ['CustomResourceDefinition', 'BuiltInKind', 'VirtualKind'];

/** Reads every schema file of these folders, each sorted by file name. The one place of this room that touches the disk. */
export function loadCrds(...crdDirs: readonly string[]): readonly Crd[] {
  return crdDirs.flatMap((dir) =>
    readdirSync(dir)
      .filter((file) => file.endsWith('.yaml'))
      .sort()
      .map((file) => readCrd(join(dir, file))),
  );
}

function readCrd(path: string): Crd {
  const document = parse(readFileSync(path, 'utf8')) as { kind?: string } | null;
  if (!SCHEMA_KINDS.includes(document?.kind ?? '')) {
    throw new HeartlineError('CONFIG', `${path} is no ${SCHEMA_KINDS.join(' and no ')}`, {
      subject: path,
    });
  }
  return document as unknown as Crd;
}
