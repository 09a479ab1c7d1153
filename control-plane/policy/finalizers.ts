// SPDX-License-Identifier: Apache-2.0
import type { FieldProblem } from '../../shared/errors/heartline-error.js';
import type { ObjectMeta } from './kube-object.js';
import { isQualifiedName } from './qualified-name.js';
import { describeRefusal, showValue } from './schema-problems.js';

const FIELD = 'metadata.finalizers';
const WANTED =
  'must be a name of at most 63 letters, digits, -, _ and ., perhaps behind a DNS subdomain and /, for example example.com/hold';
/** Of Kubernetes' garbage collector: what becomes of an object's dependents is one or the other. */
const CASCADES = ['orphan', 'foregroundDeletion'];

/** Reads metadata.finalizers: names of those who want to do something before the object goes. */
export function readFinalizers(
  raw: unknown,
  problems: FieldProblem[],
): readonly string[] | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (!Array.isArray(raw)) {
    problems.push(refusal(raw, 'must be a list of names'));
    return undefined;
  }
  const names: string[] = [];
  for (const name of raw as readonly unknown[]) {
    if (typeof name === 'string' && isQualifiedName(name)) names.push(name);
    else problems.push(refusal(name, WANTED));
  }
  if (CASCADES.every((name) => names.includes(name))) {
    const wanted = 'finalizer orphan and foregroundDeletion cannot be both set';
    problems.push(describe(showNames(names), wanted));
  }
  return names;
}

/** Whether somebody wants to do something before the object goes. */
export function isHeld({ finalizers = [] }: ObjectMeta): boolean {
  return finalizers.length > 0;
}

/** Nobody may begin to hold an object that is being deleted; undefined = nobody does. */
export function describeNewHolders(
  before: ObjectMeta,
  { finalizers = [] }: ObjectMeta,
): FieldProblem | undefined {
  const known = new Set(before.finalizers);
  const added = [...new Set(finalizers)].filter((name) => !known.has(name)).sort();
  if (added.length === 0) return undefined;
  const shown = showNames(added);
  const message = `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`;
  return { field: FIELD, message: `Forbidden: ${message}`, reason: 'FieldValueForbidden' };
}

/** In the words of Kubernetes, which clients compare with. */
function showNames(names: readonly string[]): string {
  return `[]string{${names.map((name) => JSON.stringify(name)).join(', ')}}`;
}

function refusal(value: unknown, wanted: string): FieldProblem {
  return describe(showValue(value), wanted);
}

function describe(value: string, wanted: string): FieldProblem {
  const reason = 'FieldValueInvalid';
  return { field: FIELD, message: describeRefusal(reason, value, wanted), reason };
}
