// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { apiVersionOf, isBuiltIn, type Kind } from '../policy/kinds.js';
import { isJsonObject } from '../policy/structural-schema.js';

/** What a path names; `name` is absent for POST. */
export interface ObjectPath {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name?: string;
}

export interface ObjectInBody {
  /** Empty when the body has none: the door completes or refuses it. */
  readonly name: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/**
 * Checks that a body is the object its path names, and returns it with namespace and name filled in; the sentences
 * are those of the Kubernetes API server. The object's own rules are the door's business.
 */
export function readObject(path: ObjectPath, sentBody: unknown): ObjectInBody {
  if (!isJsonObject(sentBody)) throw unrecognized(path.kind, `${show(sentBody)} is no object`);
  const body = withHead(path.kind, sentBody);
  checkHead(path.kind, body);
  const metadata = body['metadata'] ?? {};
  if (!isJsonObject(metadata)) throw unrecognized(path.kind, 'metadata is no object');
  const sent = textOf(metadata['name']);
  const name = path.name ?? sent;
  if (sent !== '' && sent !== name) {
    throw badObject(
      `the name of the object (${sent}) does not match the name on the URL (${name})`,
    );
  }
  const named = name === '' ? metadata : { ...metadata, name };
  // Admission refuses a namespace where there is none to have.
  if (!path.kind.namespaced) return { name, object: { ...body, metadata: named } };
  const namespace = textOf(metadata['namespace']);
  if (namespace !== '' && namespace !== path.namespace) {
    throw badObject(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  return { name, object: { ...body, metadata: { ...named, namespace: path.namespace } } };
}

/** Typed clients leave apiVersion and kind out for built-in kinds, where the path says both. */
function withHead(
  kind: Kind,
  body: { readonly [key: string]: unknown },
): { readonly [key: string]: unknown } {
  if (!isBuiltIn(kind)) return body;
  return {
    ...body,
    apiVersion: body['apiVersion'] ?? apiVersionOf(kind),
    kind: body['kind'] ?? kind.kind,
  };
}

function checkHead(kind: Kind, body: { readonly [key: string]: unknown }): void {
  for (const field of ['apiVersion', 'kind'] as const) {
    if (typeof body[field] === 'string' && body[field] !== '') continue;
    throw unrecognized(kind, `Object '${FIELD_WORDS[field]}' is missing in ${show(body)}`);
  }
  const expected = apiVersionOf(kind);
  if (body['apiVersion'] !== expected) {
    throw badObject(
      `the API version in the data (${body['apiVersion']}) does not match the expected API version (${expected})`,
    );
  }
  if (body['kind'] === kind.kind) return;
  const message = `Invalid value: ${show(body['kind'])}: must be ${kind.kind}`;
  throw new HeartlineError('INVALID_OBJECT', `${body['kind']} is invalid: kind: ${message}`, {
    problems: [{ field: 'kind', message, reason: 'FieldValueInvalid' }],
  });
}

const FIELD_WORDS = { apiVersion: 'apiVersion', kind: 'Kind' } as const;

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The value as it was sent, shortened. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

function unrecognized(kind: Kind, why: string): HeartlineError {
  return badObject(`the object provided is unrecognized (must be of type ${kind.kind}): ${why}`);
}

function badObject(message: string): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', message);
}
