// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { jsonEqual } from '../log/json-equal.js';
import type { JsonValue } from '../log/transaction.js';
import { fieldOf, isList, isObject, withField } from './json-object.js';

/** One operation of RFC 6902 section 4. */
export type PatchOperation =
  | {
      readonly op: 'add' | 'replace' | 'test';
      readonly path: Pointer;
      readonly value: JsonValue;
    }
  | { readonly op: 'remove'; readonly path: Pointer }
  | { readonly op: 'move' | 'copy'; readonly path: Pointer; readonly from: Pointer };

/** The unescaped steps of a JSON pointer (RFC 6901); the root has none. */
export type Pointer = readonly string[];

/** Kubernetes' limit, so that a patch of one body cannot keep the process busy. */
const MAX_OPERATIONS = 10_000;
/**
 * What copy operations may add up to, characters of JSON: each can double the document. An object that is
 * stored has at most one transaction's size.
 */
const MAX_COPIED = 3 * 1_048_576;

/**
 * Reads a patch. Throws INVALID_ARGUMENT for what is no patch and TOO_LARGE above 10,000 operations. Own code,
 * because the libraries skip or refuse fields called `constructor` and put no limit on copies.
 */
export function readJsonPatch(body: unknown): readonly PatchOperation[] {
  if (!Array.isArray(body)) throw notAPatch('a JSON patch is a list of operations');
  if (body.length > MAX_OPERATIONS) {
    throw new HeartlineError(
      'TOO_LARGE',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${body.length}`,
    );
  }
  return body.map((operation, index) => readOperation(operation, `operation ${index}`));
}

/** Applies all operations or throws INVALID_OBJECT with the first that does not fit; `target` stays as it is. */
export function applyJsonPatch(
  target: JsonValue,
  operations: readonly PatchOperation[],
): JsonValue {
  let copied = 0;
  let document = target;
  operations.forEach((operation, index) => {
    try {
      if (operation.op === 'copy') copied += sizeOf(read(document, operation.from));
      if (copied > MAX_COPIED) {
        throw new Mismatch(`copies add up to more than ${MAX_COPIED} characters`);
      }
      document = applyOne(document, operation);
    } catch (thrown) {
      if (!(thrown instanceof Mismatch)) throw thrown;
      throw doesNotFit(`operation ${index} (${operation.op} ${show(operation.path)})`, thrown);
    }
  });
  return document;
}

function applyOne(document: JsonValue, operation: PatchOperation): JsonValue {
  switch (operation.op) {
    case 'add':
      return put(document, operation.path, operation.value, 'add');
    case 'replace':
      return put(document, operation.path, operation.value, 'replace');
    case 'remove':
      return remove(document, operation.path);
    case 'copy':
      return put(document, operation.path, read(document, operation.from), 'add');
    case 'move':
      return move(document, operation.from, operation.path);
    case 'test': {
      const found = read(document, operation.path);
      if (jsonEqual(found, operation.value)) return document;
      throw new Mismatch(`the value is ${shorten(found)}, not ${shorten(operation.value)}`);
    }
  }
}

/** RFC 6902 section 4.4: a value cannot be moved into itself. */
function move(document: JsonValue, from: Pointer, path: Pointer): JsonValue {
  const isInside = path.length > from.length && from.every((step, i) => step === path[i]);
  if (isInside) throw new Mismatch(`${show(from)} cannot be moved into itself`);
  const value = read(document, from);
  if (show(from) === show(path)) return document;
  return put(remove(document, from), path, value, 'add');
}

function read(document: JsonValue, path: Pointer): JsonValue {
  return path.reduce(
    (value, step, depth) => child(value, step, path.slice(0, depth + 1)),
    document,
  );
}

function child(value: JsonValue, step: string, path: Pointer): JsonValue {
  const found = isList(value)
    ? value[indexOf(step, value.length - 1, path)]
    : isObject(value)
      ? fieldOf(value, step)
      : undefined;
  if (found === undefined) throw new Mismatch(`${show(path)} does not exist`);
  return found;
}

type Change = (parent: JsonValue, step: string, path: Pointer) => JsonValue;

/** Rebuilds the containers on the way to a place and shares everything else. */
function change(document: JsonValue, path: Pointer, apply: Change, depth = 0): JsonValue {
  const step = path[depth] ?? '';
  const here = path.slice(0, depth + 1);
  if (depth === path.length - 1) return apply(document, step, here);
  const next = change(child(document, step, here), path, apply, depth + 1);
  if (isList(document)) return document.with(indexOf(step, document.length - 1, here), next);
  const copy: Record<string, JsonValue> = { ...(document as { [key: string]: JsonValue }) };
  withField(copy, step, next);
  return copy;
}

function put(
  document: JsonValue,
  path: Pointer,
  value: JsonValue,
  how: 'add' | 'replace',
): JsonValue {
  if (path.length === 0) return value;
  return change(document, path, (parent, step, here) => {
    if (how === 'replace') child(parent, step, here);
    if (isList(parent)) {
      if (how === 'replace') return parent.with(indexOf(step, parent.length - 1, here), value);
      const index = step === '-' ? parent.length : indexOf(step, parent.length, here);
      return parent.toSpliced(index, 0, value);
    }
    if (!isObject(parent)) throw new Mismatch(`${show(here.slice(0, -1))} has no fields`);
    const copy: Record<string, JsonValue> = { ...parent };
    withField(copy, step, value);
    return copy;
  });
}

function remove(document: JsonValue, path: Pointer): JsonValue {
  if (path.length === 0) throw new Mismatch('the whole object cannot be removed');
  return change(document, path, (parent, step, here) => {
    child(parent, step, here);
    if (isList(parent)) return parent.toSpliced(indexOf(step, parent.length - 1, here), 1);
    return Object.fromEntries(
      Object.entries(parent as { [key: string]: JsonValue }).filter(([key]) => key !== step),
    );
  });
}

function indexOf(step: string, highest: number, path: Pointer): number {
  const index = /^(?:0|[1-9][0-9]{0,8})$/.test(step) ? Number(step) : Number.NaN;
  if (index <= highest) return index;
  throw new Mismatch(`${show(path)} does not exist`);
}

function readOperation(raw: unknown, where: string): PatchOperation {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw notAPatch(`${where} is no object`);
  }
  const { op, path, from, value } = raw as Record<string, unknown>;
  const at = readPointer(path, `${where}: path`);
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      if (!Object.hasOwn(raw, 'value')) throw notAPatch(`${where}: value is missing`);
      return { op, path: at, value: value as JsonValue };
    case 'remove':
      return { op, path: at };
    case 'move':
    case 'copy':
      return { op, path: at, from: readPointer(from, `${where}: from`) };
    default:
      throw notAPatch(
        `${where}: op is ${JSON.stringify(op) ?? 'missing'}; use add, remove, replace, move, copy or test`,
      );
  }
}

function readPointer(text: unknown, where: string): Pointer {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) {
    throw notAPatch(
      `${where} is ${JSON.stringify(text) ?? 'missing'}, no JSON pointer such as /spec`,
    );
  }
  if (/~(?![01])/.test(text)) throw notAPatch(`${where} has a ~ that is neither ~0 nor ~1`);
  return text
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function show(path: Pointer): string {
  const steps = path.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return JSON.stringify(steps.join(''));
}

function shorten(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

function sizeOf(value: JsonValue): number {
  return JSON.stringify(value).length;
}

/** An operation that does not fit the document. */
class Mismatch extends Error {}

function notAPatch(message: string): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', `error decoding patch: ${message}`);
}

/** The sentence of the Kubernetes API server, and then what it keeps to itself. */
function doesNotFit(operation: string, cause: Mismatch): HeartlineError {
  return new HeartlineError(
    'INVALID_OBJECT',
    `the server rejected our request due to an error in our request: ${operation}: ${cause.message}`,
    {
      cause,
      problems: [
        { field: 'patch', message: `${operation}: ${cause.message}`, reason: 'FieldValueInvalid' },
      ],
    },
  );
}
