// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { ChangeResult, ObjectChange, ObjectDoor, Target } from '../../source/object-door.js';
import { notFound } from '../../source/refusals.js';
import { callerOf } from '../caller.js';
import { readObject } from '../object-request.js';
import type { Query } from '../request-options.js';
import { type ItemParams, itemPathOf, resourcePaths } from '../resources/resource-paths.js';
import type { ServedResource } from '../resources/served-resource.js';
import { deletedStatus } from '../status.js';
import { renderWarning } from '../warning-header.js';
import { readDeleteOptions } from './delete-options.js';
import { patchTypeOf, readPatch } from './patch-body.js';
import { parseRequestBody } from './request-body.js';
import { readWriteOptions, type WriteOptions } from './write-options.js';

type ItemRequest = FastifyRequest<{ Params: ItemParams }>;

/** What is written of one resource: create, replace, patch, delete, and its status by itself. */
export function addWriteRoutes(
  app: FastifyInstance,
  door: ObjectDoor,
  { kind, subresources }: ServedResource,
): void {
  const { collection, item } = resourcePaths(kind);
  const targetOf = (request: ItemRequest): Target => ({ kind, ...itemPathOf(request.params) });

  app.post<{ Params: ItemParams }>(collection, async (request, reply) => {
    const { namespace } = itemPathOf(request.params);
    const { name, object } = readObject({ kind, namespace }, parseRequestBody(request, kind));
    const result = await change(door, request, { verb: 'create', kind, namespace, name, object });
    return answer(reply.code(201), result);
  });

  const parts = [
    { path: item, replace: 'replace', patch: 'patch' },
    ...(subresources.includes('status')
      ? ([{ path: `${item}/status`, replace: 'replace-status', patch: 'patch-status' }] as const)
      : []),
  ] as const;
  for (const { path, replace, patch } of parts) {
    app.put<{ Params: ItemParams }>(path, async (request, reply) => {
      const target = targetOf(request);
      const { object } = readObject(target, parseRequestBody(request, kind));
      return answer(reply, await change(door, request, { ...target, verb: replace, object }));
    });
    app.patch<{ Params: ItemParams }>(path, async (request, reply) => {
      const type = patchTypeOf(request.headers['content-type']);
      const options = optionsOf(request, type === 'apply');
      const body = readPatch(type, request.body as Buffer, options.force);
      const wanted = { ...targetOf(request), verb: patch, patch: body } as const;
      const result = await change(door, request, wanted, options);
      return answer(reply.code(result.outcome === 'created' ? 201 : 200), result);
    });
  }

  if (subresources.includes('status')) {
    app.get<{ Params: ItemParams }>(`${item}/status`, (request) => {
      const { namespace, name } = itemPathOf(request.params);
      const object = door.get(kind, namespace, name);
      if (object === undefined) throw notFound(targetOf(request));
      return object;
    });
  }
  app.delete<{ Params: ItemParams }>(item, (request) => remove(door, targetOf(request), request));
}

async function remove(door: ObjectDoor, target: Target, request: ItemRequest): Promise<object> {
  const bytes = request.body as Buffer | undefined;
  const body = bytes?.length ? parseRequestBody(request, target.kind) : undefined;
  const { dryRun, ...preconditions } = readDeleteOptions(body);
  const options = optionsOf(request);
  const wanted = { ...target, verb: 'delete', ...preconditions } as const;
  const { object } = await change(door, request, wanted, {
    ...options,
    dryRun: options.dryRun || dryRun,
  });
  return deletedStatus({
    name: target.name,
    group: target.kind.group,
    kind: target.kind.plural,
    ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }),
  });
}

function optionsOf(request: FastifyRequest, isApply = false): WriteOptions {
  const header = request.headers['heartline-reason'];
  return readWriteOptions({
    ...{ method: request.method, isApply },
    query: request.query as Query,
    userAgent: request.headers['user-agent'],
    reason: typeof header === 'string' ? header : undefined,
  });
}

async function change(
  door: ObjectDoor,
  request: FastifyRequest,
  wanted: ObjectChange,
  options: WriteOptions = optionsOf(request),
): Promise<ChangeResult> {
  const { reason, fieldManager, dryRun, fieldValidation } = options;
  const [result] = await door.applyObjects({
    caller: { actor: callerOf(request), reason, fieldManager },
    changes: [wanted],
    ...{ dryRun, fieldValidation },
  });
  if (result === undefined) throw new HeartlineError('INTERNAL', 'the door returned no result');
  return result;
}

function answer(reply: FastifyReply, result: ChangeResult): KubeObject {
  if (result.warnings.length > 0) reply.header('warning', result.warnings.map(renderWarning));
  return result.object;
}
