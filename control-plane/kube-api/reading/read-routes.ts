// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { apiVersionOf, inNamespace, resourceWord } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { checkReadOptions, type Query } from '../request-options.js';
import {
  type ItemParams,
  type ItemPath,
  itemPathOf,
  resourcePaths,
} from '../resources/resource-paths.js';
import type { ServedResource } from '../resources/served-resource.js';

/** What is read of one resource: lists of one namespace and of all, and single objects. */
export function addReadRoutes(app: FastifyInstance, resource: ServedResource): void {
  const { everywhere, collection, item } = resourcePaths(resource.kind);
  for (const path of new Set([everywhere, collection])) {
    app.get<{ Params: ItemParams }>(path, (request) =>
      list(resource, request.params.namespace, request.query as Query),
    );
  }
  app.get<{ Params: ItemParams }>(item, (request) => read(resource, itemPathOf(request.params)));
}

function list({ kind, view }: ServedResource, namespace: string | undefined, query: Query): object {
  checkReadOptions(query);
  const { objects, resourceVersion } = view.list(namespace);
  return {
    apiVersion: apiVersionOf(kind),
    kind: `${kind.kind}List`,
    metadata: { resourceVersion },
    items: objects,
  };
}

function read({ kind, view }: ServedResource, { namespace, name }: ItemPath): KubeObject {
  const object = view.get(namespace, name);
  if (object !== undefined) return object;
  throw new HeartlineError(
    'NOT_FOUND',
    `${resourceWord(kind)} "${name}" not found${inNamespace(kind, namespace)}`,
    { subject: name },
  );
}
