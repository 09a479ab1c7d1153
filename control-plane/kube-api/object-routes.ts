// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import {
  apiPathOf,
  apiVersionOf,
  inNamespace,
  KINDS,
  type Kind,
  resourceWord,
} from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import type { ChangeResult, ObjectChange, ObjectDoor } from '../source/object-door.js';
import { parseBody } from './body.js';
import { callerOf } from './caller.js';
import { readDeleteOptions, readObject } from './object-request.js';
import { refuseOtherMethods } from './other-methods.js';
import { checkReadOptions, type Query, readWriteOptions } from './request-options.js';
import { deletedStatus } from './status.js';
import { renderWarning } from './warning-header.js';

interface ItemPath {
  readonly namespace: string;
  readonly name: string;
}

type ItemParams = Partial<ItemPath>;

/** What a path says; kinds without namespaces have none in it. */
function pathOf({ namespace = '', name = '' }: ItemParams): ItemPath {
  return { namespace, name };
}

/** The Kubernetes paths of every kind we serve: get, list, create, replace, delete. */
export function addObjectRoutes(app: FastifyInstance, door: ObjectDoor): void {
  for (const kind of KINDS) addKind(app, door, kind);
}

function addKind(app: FastifyInstance, door: ObjectDoor, kind: Kind): void {
  const base = apiPathOf(kind);
  const everywhere = `${base}/${kind.plural}`;
  const collection = kind.namespaced ? `${base}/namespaces/:namespace/${kind.plural}` : everywhere;
  const item = `${collection}/:name`;

  if (kind.namespaced) {
    app.get(everywhere, (request) => list(door, kind, undefined, request.query as Query));
    refuseOtherMethods(app, everywhere, ['GET', 'HEAD']);
  }

  app.get<{ Params: ItemParams }>(collection, (request) =>
    list(door, kind, request.params.namespace, request.query as Query),
  );
  app.post<{ Params: ItemParams }>(collection, async (request, reply) => {
    const { namespace } = pathOf(request.params);
    const body = parseBody(request.body as Buffer, request.headers['content-type']);
    const { name, object } = readObject({ kind, namespace }, body);
    const result = await change(door, request, { verb: 'create', kind, namespace, name, object });
    return answer(reply.code(201), result);
  });
  refuseOtherMethods(app, collection, ['GET', 'HEAD', 'POST']);

  app.get<{ Params: ItemParams }>(item, (request) => read(door, kind, pathOf(request.params)));
  app.put<{ Params: ItemParams }>(item, async (request, reply) => {
    const body = parseBody(request.body as Buffer, request.headers['content-type']);
    const path = pathOf(request.params);
    const { object } = readObject({ kind, ...path }, body);
    const result = await change(door, request, { verb: 'replace', kind, ...path, object });
    return answer(reply, result);
  });
  app.delete<{ Params: ItemParams }>(item, (request) => remove(door, kind, request));
  refuseOtherMethods(app, item, ['GET', 'HEAD', 'PUT', 'DELETE']);
}

function list(door: ObjectDoor, kind: Kind, namespace: string | undefined, query: Query): object {
  checkReadOptions(query);
  const { objects, resourceVersion } = door.list(kind, namespace);
  return {
    apiVersion: apiVersionOf(kind),
    kind: `${kind.kind}List`,
    metadata: { resourceVersion },
    items: objects,
  };
}

function read(door: ObjectDoor, kind: Kind, { namespace, name }: ItemPath): KubeObject {
  const object = door.get(kind, namespace, name);
  if (object !== undefined) return object;
  throw new HeartlineError(
    'NOT_FOUND',
    `${resourceWord(kind)} "${name}" not found${inNamespace(kind, namespace)}`,
    { subject: name },
  );
}

async function remove(
  door: ObjectDoor,
  kind: Kind,
  request: FastifyRequest<{ Params: ItemParams }>,
): Promise<object> {
  const bytes = request.body as Buffer | undefined;
  const body = bytes?.length ? parseBody(bytes, request.headers['content-type']) : undefined;
  const { dryRun, ...preconditions } = readDeleteOptions(body);
  const path = pathOf(request.params);
  const target = { verb: 'delete', kind, ...path, ...preconditions } as const;
  const { object } = await change(door, request, target, dryRun);
  return deletedStatus({
    name: path.name,
    group: kind.group,
    kind: kind.plural,
    ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }),
  });
}

async function change(
  door: ObjectDoor,
  request: FastifyRequest,
  wanted: ObjectChange,
  forceDryRun = false,
): Promise<ChangeResult> {
  const header = request.headers['heartline-reason'];
  const options = readWriteOptions(request.query as Query, {
    method: request.method,
    reasonHeader: typeof header === 'string' ? header : undefined,
  });
  const [result] = await door.applyObjects({
    caller: { actor: callerOf(request), reason: options.reason },
    changes: [wanted],
    dryRun: options.dryRun || forceDryRun,
    fieldValidation: options.fieldValidation,
  });
  if (result === undefined) throw new HeartlineError('INTERNAL', 'the door returned no result');
  return result;
}

function answer(reply: FastifyReply, result: ChangeResult): KubeObject {
  if (result.warnings.length > 0) reply.header('warning', result.warnings.map(renderWarning));
  return result.object;
}
