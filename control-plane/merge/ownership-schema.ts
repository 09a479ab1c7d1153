// SPDX-License-Identifier: Apache-2.0
import type { StructuralSchema } from '../policy/structural-schema.js';

const TEXT: StructuralSchema = { type: 'string' };
const TEXTS: StructuralSchema = { type: 'object', additionalProperties: TEXT };

/** metav1.OwnerReference, which has one owner as a whole. */
const OWNER: StructuralSchema = {
  type: 'object',
  properties: {
    apiVersion: TEXT,
    blockOwnerDeletion: { type: 'boolean' },
    controller: { type: 'boolean' },
    kind: TEXT,
    name: TEXT,
    uid: TEXT,
  },
  'x-kubernetes-map-type': 'atomic',
};

/** metav1.ObjectMeta as far as fields of it can be owned; schema files leave metadata open. */
const METADATA: StructuralSchema = {
  type: 'object',
  properties: {
    annotations: TEXTS,
    creationTimestamp: { type: 'string', nullable: true },
    finalizers: { type: 'array', items: TEXT, 'x-kubernetes-list-type': 'set' },
    generateName: TEXT,
    generation: { type: 'integer' },
    labels: TEXTS,
    name: TEXT,
    namespace: TEXT,
    ownerReferences: {
      type: 'array',
      items: OWNER,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
    },
    resourceVersion: TEXT,
    uid: TEXT,
  },
};

/** A kind's schema with its metadata filled in: what says how an object is merged and owned. */
export function ownershipSchema(schema: StructuralSchema): StructuralSchema {
  const head = { apiVersion: TEXT, kind: TEXT, metadata: METADATA };
  return { ...schema, properties: { ...schema.properties, ...head } };
}
