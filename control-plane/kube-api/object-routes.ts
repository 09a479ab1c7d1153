// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import type { ObjectDoor } from '../source/object-door.js';
import { refuseOtherMethods } from './other-methods.js';
import { addReadRoutes } from './reading/read-routes.js';
import { resourcePaths } from './resources/resource-paths.js';
import type { ServedResource } from './resources/served-resource.js';
import { addWriteRoutes } from './writing/write-routes.js';

/** The Kubernetes paths of every resource, as its verbs say. */
export function addObjectRoutes(
  app: FastifyInstance,
  { resources, door }: { readonly resources: readonly ServedResource[]; readonly door: ObjectDoor },
): void {
  for (const resource of resources) {
    addReadRoutes(app, resource);
    if (resource.verbs.includes('update')) addWriteRoutes(app, door, resource.kind);
    const { everywhere, collection, item } = resourcePaths(resource.kind);
    for (const path of new Set([everywhere, collection, item])) refuseOtherMethods(app, path);
  }
}
