// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import { type FixedDocument, fixDocument, sendFixed } from '../discovery/fixed-document.js';
import { groupResources } from '../discovery/served-groups.js';
import { refuseOtherMethods } from '../other-methods.js';
import { type Query, singleValue } from '../request-options.js';
import type { ServedResource } from '../resources/served-resource.js';
import { openApiDocument } from './openapi-document.js';
import { encodeOpenApiV2, OPENAPI_V2_PROTOBUF, openApiV2 } from './openapi-v2.js';

const INDEX = '/openapi/v3';
const VERSION_2 = '/openapi/v2';

export interface OpenApiOptions {
  readonly resources: readonly ServedResource[];
  /** Heartline's own version. */
  readonly version: string;
}

/**
 * OpenAPI v3: an index, and a document for each group and version. The index names the documents by their
 * hashes, so clients keep them for good.
 */
export function addOpenApiRoutes(app: FastifyInstance, options: OpenApiOptions): void {
  const groups = groupResources(options.resources);
  const sources = groups.flatMap(({ group, versions }) =>
    versions.map(({ version, resources }) => ({
      path: group === '' ? `api/${version}` : `apis/${group}/${version}`,
      resources,
    })),
  );
  let known: ReadonlyMap<string, FixedDocument> | undefined;
  // Written when the first client asks: most runs of the program have none.
  const documents = (): ReadonlyMap<string, FixedDocument> => {
    known ??= new Map(
      sources.map(({ path, resources }) => [
        path,
        fixDocument(openApiDocument(resources, options.version)),
      ]),
    );
    return known;
  };
  app.get(INDEX, (request, reply) => sendFixed(request, reply, fixDocument(index(documents()))));
  refuseOtherMethods(app, INDEX);
  for (const { path } of sources) addDocument(app, path, documents);
  addVersion2(app, options.version);
}

function addDocument(
  app: FastifyInstance,
  path: string,
  documents: () => ReadonlyMap<string, FixedDocument>,
): void {
  const url = `${INDEX}/${path}`;
  app.get(url, (request, reply) => {
    const document = documents().get(path);
    if (document === undefined) return reply.callNotFound();
    const asked = singleValue(request.query as Query, 'hash') ?? '';
    if (asked === '') reply.header('cache-control', 'no-cache, private');
    else if (asked === document.digest) reply.header('cache-control', IMMUTABLE);
    else return reply.redirect(addressOf(path, document), 301);
    return sendFixed(request, reply, document);
  });
  refuseOtherMethods(app, url);
}

function addVersion2(app: FastifyInstance, version: string): void {
  const document = openApiV2(version);
  app.get(VERSION_2, (request, reply) => {
    if (!request.headers.accept?.includes(OPENAPI_V2_PROTOBUF)) return reply.send(document);
    return reply.type(OPENAPI_V2_PROTOBUF).send(encodeOpenApiV2(document));
  });
  refuseOtherMethods(app, VERSION_2);
}

/** A year: an address with a hash never shows anything else. */
const IMMUTABLE = 'public, immutable, max-age=31536000';

function index(documents: ReadonlyMap<string, FixedDocument>): object {
  const paths = [...documents].map(([path, document]) => [
    path,
    { serverRelativeURL: addressOf(path, document) },
  ]);
  return { paths: Object.fromEntries(paths) };
}

function addressOf(path: string, { digest }: FixedDocument): string {
  return `${INDEX}/${path}?hash=${digest}`;
}
