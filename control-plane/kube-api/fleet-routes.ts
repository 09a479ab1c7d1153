// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { WorkerView } from '../fleet/worker-view.js';
import type { GatewayRelease } from '../release/gateway-release.js';
import { refuseOtherMethods } from './other-methods.js';
import { checkReadOptions, type Query } from './request-options.js';
import { FLEET_API_VERSION, workerList } from './worker-object.js';

export interface FleetReader {
  readonly fleet: () => readonly WorkerView[];
  /** Versions of one gateway; undefined when it never had one. */
  readonly history?: ((gateway: NamespacedName) => GatewayRelease | undefined) | undefined;
}

const WORKERS = `/apis/${FLEET_API_VERSION}/workers`;
const RELEASE = `/apis/${FLEET_API_VERSION}/namespaces/:namespace/gatewayreleases/:name`;

/** What runs where, and which versions a gateway had; both only to be read. */
export function addFleetRoutes(app: FastifyInstance, reader: FleetReader): void {
  app.get(WORKERS, (request) => {
    checkReadOptions(request.query as Query);
    return workerList(reader.fleet());
  });
  refuseOtherMethods(app, WORKERS);
  const { history } = reader;
  if (history === undefined) return;
  app.get<{ Params: NamespacedName }>(RELEASE, (request) => {
    const { namespace, name } = request.params;
    const release = history({ namespace, name });
    if (release !== undefined) return releaseObject(release);
    throw new HeartlineError(
      'NOT_FOUND',
      `gateway "${name}" in namespace "${namespace}" has no versions; apply a Gateway of that name first`,
      { subject: name },
    );
  });
  refuseOtherMethods(app, RELEASE);
}

function releaseObject(release: GatewayRelease): object {
  const { namespace, name, cluster } = release.gateway;
  return {
    apiVersion: FLEET_API_VERSION,
    kind: 'GatewayRelease',
    metadata: { namespace, name },
    spec: { cluster, ...(release.pin === undefined ? {} : { pin: release.pin }) },
    status: {
      head: release.head,
      stable: release.stable,
      versions: release.versions.map(({ time, pages, ...version }) => ({
        ...version,
        time: new Date(time).toISOString(),
        resources: pages
          .flatMap(({ pairs }) => pairs)
          .map(([resource, hash]) => ({ name: resource, hash })),
      })),
    },
  };
}
