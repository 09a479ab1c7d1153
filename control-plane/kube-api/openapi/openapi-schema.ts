// SPDX-License-Identifier: Apache-2.0
import type { Kind } from '../../policy/kinds.js';
import type { ServedResource } from '../resources/served-resource.js';
import { LIST_META, OBJECT_META, type OpenApiSchema, refTo } from './meta-schemas.js';

/** Under which a kind lies in components.schemas: its group backwards, version and kind. */
export function schemaName({ group, version, kind }: Kind): string {
  if (group === '') return `io.k8s.api.core.${version}.${kind}`;
  return [...group.split('.').reverse(), version, kind].join('.');
}

/** The schemas of one kind and of its list. */
export function kindSchemas(resource: ServedResource): Readonly<Record<string, OpenApiSchema>> {
  const name = schemaName(resource.kind);
  return {
    [name]: objectSchema(resource),
    [`${name}List`]: listSchema(resource.kind, name),
  };
}

function objectSchema({ kind, schema }: ServedResource): OpenApiSchema {
  return {
    ...schema,
    properties: { ...schema.properties, ...TYPE_META, metadata: metaRef(OBJECT_META, OBJECT_TEXT) },
    'x-kubernetes-group-version-kind': [groupVersionKind(kind)],
  };
}

function listSchema(kind: Kind, name: string): OpenApiSchema {
  const items = { default: {}, allOf: [{ $ref: refTo(name) }] };
  return {
    type: 'object',
    description: `A list of ${kind.kind}.`,
    required: ['items'],
    properties: {
      ...TYPE_META,
      items: { type: 'array', description: 'Sorted by namespace and name.', items },
      metadata: metaRef(LIST_META, 'Revision of the list, and where it goes on.'),
    },
    'x-kubernetes-group-version-kind': [{ ...groupVersionKind(kind), kind: `${kind.kind}List` }],
  };
}

export function groupVersionKind({ group, version, kind }: Kind) {
  return { group, kind, version };
}

const OBJECT_TEXT = 'Name, namespace, labels and annotations of the object.';

const TYPE_META = {
  apiVersion: { type: 'string', description: 'Group and version of the schema of this object.' },
  kind: { type: 'string', description: 'What the object is.' },
} as const;

function metaRef(name: string, description: string): OpenApiSchema {
  return { description, default: {}, allOf: [{ $ref: refTo(name) }] };
}
