// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { acceptedJson } from '../accept.js';
import { refuseOtherMethods } from '../other-methods.js';
import type { ServedResource } from '../resources/served-resource.js';
import {
  type AggregatedVersion,
  aggregatedDiscovery,
  coreVersions,
  groupDocument,
  groupList,
  resourceList,
} from './discovery-documents.js';
import { type FixedDocument, fixDocument, sendFixed } from './fixed-document.js';
import { groupResources, type ServedGroup } from './served-groups.js';

/** What is served here: one document for clients that read the aggregated form, and the older tree of them. */
export function addDiscoveryRoutes(
  app: FastifyInstance,
  resources: readonly ServedResource[],
): void {
  const groups = groupResources(resources);
  addRoot(app, groups, 'api', (request) => coreVersions(groups, request.host));
  addRoot(app, groups, 'apis', () => groupList(groups));
  for (const group of groups) {
    if (group.group !== '') addDocument(app, `/apis/${group.group}`, groupDocument(group));
    const base = group.group === '' ? '/api' : `/apis/${group.group}`;
    for (const version of group.versions) {
      addDocument(app, `${base}/${version.version}`, resourceList(group.group, version));
    }
  }
}

function addRoot(
  app: FastifyInstance,
  groups: readonly ServedGroup[],
  root: 'api' | 'apis',
  legacy: (request: FastifyRequest) => object,
): void {
  const aggregated: Readonly<Record<AggregatedVersion, FixedDocument>> = {
    v2: fixDocument(aggregatedDiscovery(groups, root, 'v2')),
    v2beta1: fixDocument(aggregatedDiscovery(groups, root, 'v2beta1')),
  };
  app.get(`/${root}`, (request, reply) => {
    reply.header('vary', 'Accept');
    const version = aggregatedVersion(request.headers.accept);
    if (version === undefined) return legacy(request);
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return sendFixed(request, reply, aggregated[version], type);
  });
  refuseOtherMethods(app, `/${root}`);
}

function addDocument(app: FastifyInstance, url: string, content: object): void {
  const document = fixDocument(content);
  app.get(url, (request, reply) => sendFixed(request, reply, document));
  refuseOtherMethods(app, url);
}

/** The first form a client names that we have; undefined = the older tree. */
function aggregatedVersion(accept: string | undefined): AggregatedVersion | undefined {
  for (const { parameters } of acceptedJson(accept)) {
    if (!parameters.has('as')) return undefined;
    const version = parameters.get('v');
    const isList = parameters.get('as') === 'APIGroupDiscoveryList';
    if (isList && (version === 'v2' || version === 'v2beta1')) return version;
  }
  return undefined;
}
