// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../shared/time/clock.js';
import type { ObjectDoor } from '../source/object-door.js';
import { refuseOtherMethods } from './other-methods.js';
import { createObjectEncoder } from './reading/encoded-object.js';
import { addReadRoutes } from './reading/read-routes.js';
import { resourcePaths } from './resources/resource-paths.js';
import type { ServedResource } from './resources/served-resource.js';
import { addWriteRoutes } from './writing/write-routes.js';

export interface ObjectRoutesOptions {
  readonly resources: readonly ServedResource[];
  readonly door: ObjectDoor;
  readonly clock: Clock;
}

/** The Kubernetes paths of every resource, as its verbs say. */
export function addObjectRoutes(app: FastifyInstance, options: ObjectRoutesOptions): void {
  const { resources, door, clock } = options;
  const reading = { clock, encoder: createObjectEncoder() };
  for (const resource of resources) {
    addReadRoutes(app, resource, reading);
    if (resource.verbs.includes('update')) addWriteRoutes(app, door, resource.kind);
    const { everywhere, collection, item } = resourcePaths(resource.kind);
    for (const path of new Set([everywhere, collection, item])) refuseOtherMethods(app, path);
  }
}
