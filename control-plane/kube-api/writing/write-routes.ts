// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { apiVersionOf } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { ChangeResult, ObjectChange, ObjectDoor, Target } from '../../source/object-door.js';
import { notFound } from '../../source/refusals.js';
import { callerOf } from '../caller.js';
import { readObject } from '../object-request.js';
import { parseSelection } from '../reading/selection.js';
import { type Query, singleValue } from '../request-options.js';
import { type ItemParams, itemPathOf, resourcePaths } from '../resources/resource-paths.js';
import type { ServedResource } from '../resources/served-resource.js';
import { deletedStatus } from '../status.js';
import { renderWarning } from '../warning-header.js';
import { type DeleteOptions, readDeleteOptions } from './delete-options.js';
import { patchTypeOf, readPatch } from './patch-body.js';
import { type BodyReader, duplicateFieldsOf } from './request-body.js';
import { readWriteOptions, type WriteOptions } from './write-options.js';

type ItemRequest = FastifyRequest<{ Params: ItemParams }>;

export interface WriteContext {
  readonly door: ObjectDoor;
  readonly readBody: BodyReader;
}

/** What is written of one resource: create, replace, patch, delete, and its status by itself. */
export function addWriteRoutes(
  app: FastifyInstance,
  { kind, subresources, selectableFields }: ServedResource,
  { door, readBody }: WriteContext,
): void {
  const { collection, item } = resourcePaths(kind);
  const targetOf = (request: ItemRequest): Target => ({ kind, ...itemPathOf(request.params) });

  app.post<{ Params: ItemParams }>(collection, async (request, reply) => {
    const { namespace } = itemPathOf(request.params);
    const { name, object } = readObject({ kind, namespace }, readBody(request));
    const wanted = { verb: 'create', kind, namespace, name, object } as const;
    const duplicateFields = duplicateFieldsOf(request);
    const result = await change(door, request, { ...wanted, duplicateFields });
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
      const { object } = readObject(target, readBody(request));
      const duplicateFields = duplicateFieldsOf(request);
      const wanted = { ...target, verb: replace, object, duplicateFields };
      return answer(reply, await change(door, request, wanted));
    });
    app.patch<{ Params: ItemParams }>(path, async (request, reply) => {
      const type = patchTypeOf(request.headers['content-type'], kind);
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
  app.delete<{ Params: ItemParams }>(collection, (request) =>
    removeSelected(
      door,
      { kind, selectableFields },
      kind.namespaced ? request.params.namespace : undefined,
      optionsOfDelete(request, readBody),
    ),
  );
  app.delete<{ Params: ItemParams }>(item, (request) =>
    remove(door, targetOf(request), optionsOfDelete(request, readBody)),
  );
}

/** A DELETE as its query and its body say together. */
interface Deletion extends Pick<DeleteOptions, 'resourceVersion' | 'uid'> {
  readonly request: FastifyRequest;
  readonly options: WriteOptions;
}

function optionsOfDelete(request: FastifyRequest, readBody: BodyReader): Deletion {
  const bytes = request.body as Buffer | undefined;
  const { dryRun, ...preconditions } = readDeleteOptions(
    bytes?.length ? readBody(request) : undefined,
  );
  const options = optionsOf(request);
  return {
    ...{ request, ...preconditions },
    options: { ...options, dryRun: options.dryRun || dryRun },
  };
}

/** Answers a Status when the object is gone, the object when finalizers hold it. */
async function remove(door: ObjectDoor, target: Target, deletion: Deletion): Promise<object> {
  const { request, options, ...preconditions } = deletion;
  const wanted = { ...target, verb: 'delete', ...preconditions } as const;
  const { outcome, object } = await change(door, request, wanted, options);
  if (outcome !== 'deleted') return object;
  return deletedStatus({
    name: target.name,
    group: target.kind.group,
    kind: target.kind.plural,
    ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }),
  });
}

/**
 * Deletes what the selectors choose, one object after another as Kubernetes does, each at the version that was
 * chosen; what somebody else deleted meanwhile is no failure. Answers the list of what was deleted.
 */
async function removeSelected(
  door: ObjectDoor,
  { kind, selectableFields }: Pick<ServedResource, 'kind' | 'selectableFields'>,
  namespace: string | undefined,
  { request, options }: Deletion,
): Promise<object> {
  const query = request.query as Query;
  const isSelected = parseSelection(
    {
      labelSelector: singleValue(query, 'labelSelector'),
      fieldSelector: singleValue(query, 'fieldSelector'),
    },
    { selectableFields },
  );
  const { objects, resourceVersion } = door.list(kind, namespace);
  const items: KubeObject[] = [];
  for (const object of objects.filter((one) => isSelected?.(one) ?? true)) {
    const { name, namespace: own = '', uid = '' } = object.metadata;
    const wanted = { verb: 'delete', kind, namespace: own, name, uid } as const;
    if (await isDeleted(change(door, request, wanted, options))) items.push(object);
  }
  return {
    ...{ apiVersion: apiVersionOf(kind), kind: `${kind.kind}List` },
    ...{ metadata: { resourceVersion }, items },
  };
}

async function isDeleted(deletion: Promise<ChangeResult>): Promise<boolean> {
  try {
    await deletion;
    return true;
  } catch (thrown) {
    if (thrown instanceof HeartlineError && thrown.code === 'NOT_FOUND') return false;
    throw thrown;
  }
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
    caller: { actor: callerOf(request).name, reason, fieldManager },
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
