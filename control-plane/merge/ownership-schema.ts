// SPDX-License-Identifier: Apache-2.0
import type { StructuralSchema } from '../policy/structural-schema.js';

const TEXT: StructuralSchema = { type: 'string' };
const TEXTS: StructuralSchema = { type: 'object', additionalProperties: TEXT };

/** metav1.ObjectMeta as far as fields of it can be owned; schema files leave metadata open. */
const METADATA: StructuralSchema = {
  type: 'object',
  properties: {
    annotations: TEXTS,
    creationTimestamp: { type: 'string', nullable: true },
    generateName: TEXT,
    generation: { type: 'integer' },
    labels: TEXTS,
    name: TEXT,
    namespace: TEXT,
    resourceVersion: TEXT,
    uid: TEXT,
  },
};

/** A kind's schema with its metadata filled in: what says how an object is merged and owned. */
export function ownershipSchema(schema: StructuralSchema): StructuralSchema {
  const head = { apiVersion: TEXT, kind: TEXT, metadata: METADATA };
  return { ...schema, properties: { ...schema.properties, ...head } };
}
