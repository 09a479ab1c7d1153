// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { acceptedJson } from '../accept.js';
import { type Query, singleValue } from '../request-options.js';

/** What comes with each row of a table; metav1.IncludeObjectPolicy. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** How objects are shown: as they are, their metadata alone, or as rows of a table. */
export type Representation =
  | { readonly form: 'object' }
  | { readonly form: 'metadata' }
  | { readonly form: 'table'; readonly includeObject: IncludeObject };

/** The first representation of an Accept header that we have; undefined = none (406). Throws INVALID_ARGUMENT. */
export function chooseRepresentation(
  accept: string | undefined,
  query: Query,
): Representation | undefined {
  for (const { parameters } of acceptedJson(accept)) {
    const as = parameters.get('as');
    if (as === undefined) return { form: 'object' };
    const isMeta = parameters.get('g') === 'meta.k8s.io' && parameters.get('v') === 'v1';
    if (!isMeta) continue;
    if (as === 'Table') return { form: 'table', includeObject: readIncludeObject(query) };
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
      return { form: 'metadata' };
    }
  }
  return undefined;
}

function readIncludeObject(query: Query): IncludeObject {
  const value = singleValue(query, 'includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `includeObject is ${JSON.stringify(value)}; use None, Metadata or Object`,
  );
}
