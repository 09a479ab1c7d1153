// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { isJsonObject } from '../policy/structural-schema.js';
import type { ObjectChange, ObjectWrite, Target } from './object-door.js';

/** Letters and digits that make no words, as Kubernetes takes them. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
/** A name must do as a DNS label, and the suffix is part of it. */
const MAX_BASE_LENGTH = 63 - SUFFIX_LENGTH;
/** Tries until a name is free; 27^5 names make two in a row a rare thing. */
const MAX_TRIES = 8;

/** Completes a create that leaves its name to the server (metadata.generateName); other changes pass. */
export function withGeneratedName(
  change: ObjectChange,
  isTaken: (target: Target) => boolean,
  randomUuid: () => string,
): ObjectChange {
  const base = change.verb === 'create' && change.name === '' ? baseOf(change) : undefined;
  if (base === undefined || change.verb !== 'create') return change;
  let name = base;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    name = `${base.slice(0, MAX_BASE_LENGTH)}${suffixOf(randomUuid())}`;
    if (!isTaken({ ...change, name })) break;
  }
  const object = change.object as { readonly metadata: object };
  return { ...change, name, object: { ...object, metadata: { ...object.metadata, name } } };
}

function baseOf({ object }: ObjectWrite): string | undefined {
  const metadata = isJsonObject(object) ? object['metadata'] : undefined;
  const base = isJsonObject(metadata) ? metadata['generateName'] : undefined;
  return typeof base === 'string' && base !== '' ? base : undefined;
}

function suffixOf(uuid: string): string {
  const bytes = createHash('sha256').update(uuid).digest().subarray(0, SUFFIX_LENGTH);
  return [...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
