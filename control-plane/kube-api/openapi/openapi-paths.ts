// SPDX-License-Identifier: Apache-2.0
import { resourcePaths } from '../resources/resource-paths.js';
import type { ServedResource, Verb } from '../resources/served-resource.js';
import { type OpenApiSchema, refTo } from './meta-schemas.js';
import { groupVersionKind, schemaName } from './openapi-schema.js';

type Method = 'delete' | 'get' | 'patch' | 'post' | 'put';

interface Operation {
  readonly verb: Verb;
  readonly method: Method;
  /** In Kubernetes' words; clients find operations by it. */
  readonly action: string;
  /** Name of the query parameters. */
  readonly parameters: readonly string[];
}

const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'];
const LIST_PARAMETERS = [
  ...['allowWatchBookmarks', 'continue', 'fieldSelector', 'labelSelector', 'limit'],
  ...['resourceVersion', 'resourceVersionMatch', 'sendInitialEvents', 'timeoutSeconds', 'watch'],
];

const ON_COLLECTION: readonly Operation[] = [
  { verb: 'list', method: 'get', action: 'list', parameters: LIST_PARAMETERS },
  { verb: 'create', method: 'post', action: 'post', parameters: WRITE_PARAMETERS },
  {
    verb: 'deletecollection',
    method: 'delete',
    action: 'deletecollection',
    parameters: ['dryRun', 'fieldSelector', 'labelSelector'],
  },
];
const ON_ITEM: readonly Operation[] = [
  { verb: 'get', method: 'get', action: 'get', parameters: ['resourceVersion'] },
  { verb: 'update', method: 'put', action: 'put', parameters: WRITE_PARAMETERS },
  { verb: 'patch', method: 'patch', action: 'patch', parameters: [...WRITE_PARAMETERS, 'force'] },
  { verb: 'delete', method: 'delete', action: 'delete', parameters: ['dryRun'] },
];
const ON_STATUS = ON_ITEM.filter(({ verb }) => verb !== 'delete');

const BOOLEANS: ReadonlySet<string> = new Set([
  'allowWatchBookmarks',
  'force',
  'sendInitialEvents',
  'watch',
]);
const NUMBERS: ReadonlySet<string> = new Set(['limit', 'timeoutSeconds']);

/** The paths of one resource, with what can be done there as its verbs say. */
export function pathItems(resource: ServedResource): Readonly<Record<string, object>> {
  const { everywhere, collection, item } = resourcePaths(resource.kind);
  const onlyList = ON_COLLECTION.filter(({ verb }) => verb === 'list');
  const items: Record<string, object> = {
    [braced(everywhere)]: pathItem(resource, everywhere, onlyList),
    [braced(collection)]: pathItem(resource, collection, ON_COLLECTION),
    [braced(item)]: pathItem(resource, item, ON_ITEM),
  };
  if (resource.subresources.includes('status')) {
    items[`${braced(item)}/status`] = pathItem(resource, item, ON_STATUS);
  }
  return items;
}

function pathItem(resource: ServedResource, path: string, operations: readonly Operation[]) {
  const there = operations.filter(({ verb }) => resource.verbs.includes(verb));
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true },
    schema: { type: 'string' },
  }));
  const methods = there.map((one) => [one.method, operation(resource, one)]);
  return { ...Object.fromEntries(methods), ...(parameters.length === 0 ? {} : { parameters }) };
}

function operation({ kind }: ServedResource, { method, action, parameters }: Operation): object {
  const name = schemaName(kind);
  const returned = action === 'list' ? `${name}List` : name;
  const takesBody = method === 'post' || method === 'put';
  return {
    tags: [kind.plural],
    parameters: parameters.map((parameter) => ({
      ...{ name: parameter, in: 'query' },
      schema: parameterSchema(parameter),
    })),
    ...(takesBody ? { requestBody: { required: true, content: jsonOf(name) } } : {}),
    ...(method === 'patch' ? { requestBody: { required: true, content: PATCH_CONTENT } } : {}),
    responses: { 200: { description: 'OK', content: jsonOf(returned) } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': groupVersionKind(kind),
  };
}

const PATCH_CONTENT = Object.fromEntries(
  ['apply-patch+yaml', 'json-patch+json', 'merge-patch+json'].map((type) => [
    `application/${type}`,
    { schema: {} },
  ]),
);

function jsonOf(name: string): object {
  return { 'application/json': { schema: { $ref: refTo(name) } } };
}

function parameterSchema(name: string): OpenApiSchema {
  if (BOOLEANS.has(name)) return { type: 'boolean' };
  return NUMBERS.has(name) ? { type: 'integer' } : { type: 'string' };
}

function braced(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}
