// SPDX-License-Identifier: Apache-2.0

/** A schema object of OpenAPI 3.0, with Kubernetes' extensions. */
export interface OpenApiSchema {
  readonly [keyword: string]: unknown;
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

export const OBJECT_META = `${META}.ObjectMeta`;
export const LIST_META = `${META}.ListMeta`;
const OWNER_REFERENCE = `${META}.OwnerReference`;
const MANAGED_FIELDS = `${META}.ManagedFieldsEntry`;

const text = (description: string): OpenApiSchema => ({ type: 'string', description });
const time = (description: string): OpenApiSchema => ({
  type: 'string',
  format: 'date-time',
  description,
});
const texts = (description: string): OpenApiSchema => ({
  type: 'object',
  additionalProperties: { type: 'string', default: '' },
  description,
});

/** What every object and every list has; by the names under which Kubernetes' clients know them. */
export const META_SCHEMAS: Readonly<Record<string, OpenApiSchema>> = {
  [OBJECT_META]: {
    type: 'object',
    description: 'What every object has beside its own fields: its name, its labels, its history.',
    properties: {
      annotations: texts('Notes that tools keep on the object; nothing is selected by them.'),
      creationTimestamp: time('When the object was created. Set by the server.'),
      deletionGracePeriodSeconds: {
        type: 'integer',
        format: 'int64',
        description: 'Always 0, beside deletionTimestamp. Set by the server.',
      },
      deletionTimestamp: time(
        'When the deletion was asked for; the object goes when its last finalizer does. Set by the server.',
      ),
      finalizers: {
        type: 'array',
        description: 'Who wants to do something before the object goes.',
        items: { type: 'string', default: '' },
        'x-kubernetes-list-type': 'set',
        'x-kubernetes-patch-strategy': 'merge',
      },
      generateName: text('Start of a name that the server completes; used when name is absent.'),
      generation: {
        type: 'integer',
        format: 'int64',
        description: 'Counts the changes of what is wanted, from 1. Set by the server.',
      },
      labels: texts('Short values that label selectors find the object by.'),
      managedFields: {
        type: 'array',
        description: 'Who set which fields. Kept by the server, for server-side apply.',
        items: { default: {}, allOf: [{ $ref: refTo(MANAGED_FIELDS) }] },
      },
      name: text('Name of the object, unique among those of its kind in its namespace.'),
      namespace: text('Namespace of the object; kinds without namespaces have none.'),
      ownerReferences: {
        type: 'array',
        description: 'Objects that this one depends on. Kept, and never acted on.',
        items: { default: {}, allOf: [{ $ref: refTo(OWNER_REFERENCE) }] },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['uid'],
        'x-kubernetes-patch-merge-key': 'uid',
        'x-kubernetes-patch-strategy': 'merge',
      },
      resourceVersion: text(
        'Revision of the object. Opaque: give it back as it was read, or leave it out.',
      ),
      uid: text('Tells this object from an earlier one of the same name. Set by the server.'),
    },
  },
  [LIST_META]: {
    type: 'object',
    description: 'What a list has beside its items.',
    properties: {
      continue: text('Give it back as the parameter continue to get the next page.'),
      remainingItemCount: {
        type: 'integer',
        format: 'int64',
        description: 'Items behind this page; absent on the last one, and with selectors.',
      },
      resourceVersion: text('Revision that the list shows; watches begin behind it.'),
    },
  },
  [OWNER_REFERENCE]: {
    type: 'object',
    description: 'An object that another one depends on, in the same namespace or in none.',
    required: ['apiVersion', 'kind', 'name', 'uid'],
    properties: {
      apiVersion: text('API version of the owner.'),
      blockOwnerDeletion: { type: 'boolean', description: 'Kept for its author.' },
      controller: { type: 'boolean', description: 'Whether the owner looks after the object.' },
      kind: text('Kind of the owner.'),
      name: text('Name of the owner.'),
      uid: text('Uid of the owner.'),
    },
    'x-kubernetes-map-type': 'atomic',
  },
  [MANAGED_FIELDS]: {
    type: 'object',
    description: 'The fields that one manager set.',
    properties: {
      apiVersion: text('Version of the object that the fields are of.'),
      fieldsType: text('Form of fieldsV1; always FieldsV1.'),
      fieldsV1: { type: 'object', description: 'The fields, as a tree of their names.' },
      manager: text('Who set them.'),
      operation: text('Apply or Update: how they were set.'),
      subresource: text('Subresource through which they were set; empty for the object itself.'),
      time: time('When the manager last set a field.'),
    },
  },
};

export function refTo(name: string): string {
  return `#/components/schemas/${name}`;
}
