// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { isBuiltIn, type Kind } from '../../policy/kinds.js';
import type { Patch } from '../../source/object-door.js';
import { parseJson, parseYaml } from '../body.js';

const PATCH_TYPES: Readonly<Record<string, Patch['type']>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/apply-patch+yaml': 'apply',
};

/** What kubectl sends for built-in kinds, and for no others. */
const STRATEGIC = 'application/strategic-merge-patch+json';

/**
 * The patch that a Content-Type names. kubectl turns the 415 for a strategic merge patch into "is not supported by",
 * as it does for every custom resource.
 */
export function patchTypeOf(contentType: string | undefined, kind: Kind): Patch['type'] {
  const [first = ''] = (contentType ?? '').split(';');
  const type = first.trim().toLowerCase();
  if (type === STRATEGIC && isBuiltIn(kind)) return 'strategic';
  const known = PATCH_TYPES[type];
  if (known !== undefined) return known;
  throw new HeartlineError(
    'UNSUPPORTED_MEDIA',
    `the body of the request was in an unknown format - accepted media types include: ${Object.keys(PATCH_TYPES).join(', ')}`,
  );
}

/** The patch in a body; that it fits its object is the door's business. */
export function readPatch(type: Patch['type'], bytes: Uint8Array, force: boolean): Patch {
  if (type === 'apply') return { type, force, body: parseYaml(bytes) };
  return { type, body: parseJson(bytes) };
}
