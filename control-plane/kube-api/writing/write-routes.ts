// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Kind } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { ChangeResult, ObjectChange, ObjectDoor } from '../../source/object-door.js';
import { parseBody } from '../body.js';
import { callerOf } from '../caller.js';
import { readDeleteOptions, readObject } from '../object-request.js';
import { type Query, readWriteOptions } from '../request-options.js';
import { type ItemParams, itemPathOf, resourcePaths } from '../resources/resource-paths.js';
import { deletedStatus } from '../status.js';
import { renderWarning } from '../warning-header.js';

/** What is written of one kind: create, replace, delete. */
export function addWriteRoutes(app: FastifyInstance, door: ObjectDoor, kind: Kind): void {
  const { collection, item } = resourcePaths(kind);
  app.post<{ Params: ItemParams }>(collection, async (request, reply) => {
    const { namespace } = itemPathOf(request.params);
    const body = parseBody(request.body as Buffer, request.headers['content-type']);
    const { name, object } = readObject({ kind, namespace }, body);
    const result = await change(door, request, { verb: 'create', kind, namespace, name, object });
    return answer(reply.code(201), result);
  });
  app.put<{ Params: ItemParams }>(item, async (request, reply) => {
    const body = parseBody(request.body as Buffer, request.headers['content-type']);
    const path = itemPathOf(request.params);
    const { object } = readObject({ kind, ...path }, body);
    const result = await change(door, request, { verb: 'replace', kind, ...path, object });
    return answer(reply, result);
  });
  app.delete<{ Params: ItemParams }>(item, (request) => remove(door, kind, request));
}

async function remove(
  door: ObjectDoor,
  kind: Kind,
  request: FastifyRequest<{ Params: ItemParams }>,
): Promise<object> {
  const bytes = request.body as Buffer | undefined;
  const body = bytes?.length ? parseBody(bytes, request.headers['content-type']) : undefined;
  const { dryRun, ...preconditions } = readDeleteOptions(body);
  const path = itemPathOf(request.params);
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
