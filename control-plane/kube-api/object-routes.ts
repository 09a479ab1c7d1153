// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import type { ObjectDoor } from '../source/object-door.js';
import { refuseOtherMethods } from './other-methods.js';
import { createObjectEncoder } from './reading/encoded-object.js';
import { addReadRoutes } from './reading/read-routes.js';
import { createFrameEncoder } from './reading/watch-frames.js';
import { createWatches } from './reading/watches.js';
import { resourcePaths } from './resources/resource-paths.js';
import type { ServedResource } from './resources/served-resource.js';
import { addAccessRoutes } from './writing/access-routes.js';
import { createProtobufReader } from './writing/protobuf-body.js';
import { createBodyReader } from './writing/request-body.js';
import { addWriteRoutes } from './writing/write-routes.js';

export interface ObjectRoutesOptions {
  readonly resources: readonly ServedResource[];
  readonly door: ObjectDoor;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Registry | undefined;
  /** From 0 to 1; spreads the ends of watches. */
  readonly random: () => number;
}

/** The Kubernetes paths of every resource, as its verbs say. */
export function addObjectRoutes(app: FastifyInstance, options: ObjectRoutesOptions): void {
  const { resources, door, clock, random } = options;
  const encoder = createObjectEncoder();
  const frames = createFrameEncoder({ encoder, wallMs: clock.wallMs });
  const watches = createWatches(options);
  app.addHook('preClose', async () => watches.endAll());
  const reading = { clock, random, encoder, frames, watches };
  const readBody = createBodyReader(createProtobufReader());
  const writing = { door, readBody };
  addAccessRoutes(app, resources, readBody);
  for (const resource of resources) {
    addReadRoutes(app, resource, reading);
    if (resource.verbs.includes('update')) addWriteRoutes(app, resource, writing);
    const { everywhere, collection, item } = resourcePaths(resource.kind);
    const status = resource.subresources.includes('status') ? [`${item}/status`] : [];
    for (const path of new Set([everywhere, collection, item, ...status]))
      refuseOtherMethods(app, path);
  }
}
