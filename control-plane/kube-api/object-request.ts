// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { apiVersionOf, type Kind } from '../policy/kinds.js';

/** What a path names; `name` is absent for POST. */
export interface ObjectPath {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name?: string;
}

export interface ObjectInBody {
  readonly name: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/**
 * Checks that a body is the object its path names, and returns it with namespace and name filled in.
 * The object's own rules are the door's business.
 */
export function readObject(path: ObjectPath, body: unknown): ObjectInBody {
  if (!isRecord(body))
    throw badObject('the body is not an object with apiVersion, kind and metadata');
  expectField('apiVersion', body['apiVersion'], apiVersionOf(path.kind));
  expectField('kind', body['kind'], path.kind.kind);
  const metadata = body['metadata'];
  if (!isRecord(metadata)) throw badObject('metadata is missing; give at least metadata.name');
  const name = path.name ?? readName(metadata);
  if (metadata['name'] !== undefined) expectField('metadata.name', metadata['name'], name);
  // Admission refuses a namespace where there is none to have.
  if (!path.kind.namespaced) return { name, object: { ...body, metadata: { ...metadata, name } } };
  if (metadata['namespace'] !== undefined) {
    expectField('metadata.namespace', metadata['namespace'], path.namespace);
  }
  return { name, object: { ...body, metadata: { ...metadata, namespace: path.namespace, name } } };
}

/** Preconditions of a DELETE's body (metav1.DeleteOptions), of which we keep resourceVersion. */
export function readDeleteOptions(body: unknown): { resourceVersion?: string; dryRun: boolean } {
  if (body === undefined) return { dryRun: false };
  if (!isRecord(body)) throw badObject('the body of a DELETE is DeleteOptions, an object');
  const preconditions = body['preconditions'] ?? {};
  if (!isRecord(preconditions)) throw badObject('preconditions is not an object');
  if (preconditions['uid'] !== undefined) {
    throw badObject('preconditions.uid is not supported yet; use preconditions.resourceVersion');
  }
  const dryRun = Array.isArray(body['dryRun']) && body['dryRun'].includes('All');
  const resourceVersion = preconditions['resourceVersion'];
  if (resourceVersion === undefined) return { dryRun };
  if (typeof resourceVersion === 'string') return { dryRun, resourceVersion };
  throw badObject('preconditions.resourceVersion is not a string');
}

function readName(metadata: Readonly<Record<string, unknown>>): string {
  const name = metadata['name'];
  if (typeof name === 'string' && name !== '') return name;
  if (metadata['generateName'] !== undefined) {
    throw badObject('metadata.generateName is not supported yet; give metadata.name');
  }
  throw badObject('metadata.name is missing or is no text');
}

function expectField(field: string, actual: unknown, expected: string): void {
  if (actual === expected) return;
  throw badObject(
    `${field} is ${JSON.stringify(actual) ?? 'missing'}, but the request path says ${JSON.stringify(expected)}`,
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badObject(message: string): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', message);
}
