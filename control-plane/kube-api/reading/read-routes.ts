// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { resourceWord } from '../../policy/kinds.js';
import type { Query } from '../request-options.js';
import {
  type ItemParams,
  type ItemPath,
  itemPathOf,
  resourcePaths,
} from '../resources/resource-paths.js';
import type { ServedResource } from '../resources/served-resource.js';
import { CODE_HEADER, failureStatus, httpFailureStatus } from '../status.js';
import { awaitVersion } from './await-version.js';
import { encodeContinue } from './continue-token.js';
import type { ObjectEncoder } from './encoded-object.js';
import { encodeList, encodeOne } from './list-body.js';
import { type ListPage, selectPage } from './list-page.js';
import {
  isWatch,
  type ListQuery,
  readGetVersion,
  readListQuery,
  readWatchQuery,
} from './list-query.js';
import { chooseRepresentation, type Representation } from './representation.js';
import { parseSelection } from './selection.js';
import { prepareWatch, type WatchServices } from './watch-request.js';

export interface ReadRoutesOptions extends WatchServices {
  readonly encoder: ObjectEncoder;
}

/** What is read of one resource: lists and watches of one namespace and of all, and single objects. */
export function addReadRoutes(
  app: FastifyInstance,
  resource: ServedResource,
  options: ReadRoutesOptions,
): void {
  const { everywhere, collection, item } = resourcePaths(resource.kind);
  for (const path of new Set([everywhere, collection])) {
    app.get<{ Params: ItemParams }>(path, async (request, reply) => {
      const representation = represent(request, reply);
      if (representation === undefined) return reply;
      const { namespace } = request.params;
      const query = request.query as Query;
      if (!isWatch(query) || request.method === 'HEAD') {
        return list({ resource, namespace, representation, options, reply }, readListQuery(query));
      }
      const target = { resource, namespace, representation };
      const open = await prepareWatch(target, readWatchQuery(query), options);
      reply.hijack();
      open(reply.raw);
      return reply;
    });
  }
  app.get<{ Params: ItemParams }>(item, async (request, reply) => {
    const representation = represent(request, reply);
    if (representation === undefined) return reply;
    await awaitVersion(resource.view, readGetVersion(request.query as Query), options.clock);
    const object = read(resource, itemPathOf(request.params));
    const style = { ...options, resource, representation, nowMs: options.clock.wallMs() };
    return sendJson(reply, encodeOne(object, style));
  });
}

interface Reading {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  readonly representation: Representation;
  readonly options: ReadRoutesOptions;
  readonly reply: FastifyReply;
}

async function list(reading: Reading, query: ListQuery): Promise<FastifyReply> {
  const { resource, representation, options, reply } = reading;
  const wanted = query.page?.version ?? ('version' in query.at ? query.at.version : 0);
  await awaitVersion(resource.view, wanted, options.clock);
  let page: ListPage;
  try {
    page = readPage(reading, query);
  } catch (thrown) {
    if (query.page === undefined || !isExpired(thrown)) throw thrown;
    return sendExpiredPage(reply, thrown, query.page);
  }
  const style = { ...options, resource, representation, nowMs: options.clock.wallMs() };
  return sendJson(reply, encodeList(page, style));
}

function readPage({ resource, namespace }: Reading, query: ListQuery): ListPage {
  const { view } = resource;
  const selection = parseSelection(query, resource);
  const pinned = query.page?.version ?? (query.at.at === 'exact' ? query.at.version : undefined);
  const { objects, resourceVersion } =
    pinned === undefined ? view.list(namespace) : view.listAt(pinned, namespace);
  return selectPage(objects, { ...query, selection, version: Number(resourceVersion) });
}

/** The page's version is gone. The rest can still be read as it is now; the answer says how. */
function sendExpiredPage(
  reply: FastifyReply,
  error: HeartlineError,
  { after }: NonNullable<ListQuery['page']>,
): FastifyReply {
  const hint = new HeartlineError(
    'EXPIRED',
    'the version that these pages show is no longer kept: list again from the start, or go on with the continue of this answer, which shows the rest as it is now',
    { cause: error },
  );
  const status = failureStatus(hint);
  return reply
    .code(status.code)
    .header(CODE_HEADER, hint.code)
    .send({ ...status, metadata: { continue: encodeContinue({ version: undefined, after }) } });
}

function isExpired(thrown: unknown): thrown is HeartlineError {
  return thrown instanceof HeartlineError && thrown.code === 'EXPIRED';
}

/** Answers 406 itself, and returns undefined, when no representation fits. */
function represent(request: FastifyRequest, reply: FastifyReply): Representation | undefined {
  const found = chooseRepresentation(request.headers.accept, request.query as Query);
  if (found === undefined) {
    reply.code(406).header(CODE_HEADER, 'UNSUPPORTED_MEDIA');
    const known = 'application/json, also with as=Table or as=PartialObjectMetadata';
    reply.send(
      httpFailureStatus(406, `only ${known} is answered here; add it to the Accept header`),
    );
  }
  return found;
}

function read({ kind, view }: ServedResource, { namespace, name }: ItemPath) {
  const object = view.get(namespace, name);
  if (object !== undefined) return object;
  throw new HeartlineError('NOT_FOUND', `${resourceWord(kind)} "${name}" not found`, {
    subject: name,
  });
}

function sendJson(reply: FastifyReply, bytes: Buffer): FastifyReply {
  return reply.header('cache-control', 'no-cache, private').type('application/json').send(bytes);
}
