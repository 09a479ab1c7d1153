// SPDX-License-Identifier: Apache-2.0
import { type FieldProblem, HeartlineError } from '../../shared/errors/heartline-error.js';
import { kindWord, resourceWord } from '../policy/kinds.js';
import type { Target } from './object-door.js';

/** The sentences of the Kubernetes API server about one object, which clients and their users know. */

export function notFound(target: Target): HeartlineError {
  return about(target, 'NOT_FOUND', `${describe(target)} not found`);
}

export function alreadyExists(target: Target): HeartlineError {
  return about(target, 'ALREADY_EXISTS', `${describe(target)} already exists`);
}

/** A resourceVersion that is not the newest. */
export function wasModified(target: Target): HeartlineError {
  return cannotFulfil(
    target,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

export function cannotFulfil(target: Target, why: string): HeartlineError {
  return about(target, 'CONFLICT', `Operation cannot be fulfilled on ${describe(target)}: ${why}`);
}

/** A precondition of a DELETE that does not hold. */
export function preconditionFailed(
  target: Target,
  what: {
    readonly field: 'UID' | 'ResourceVersion';
    readonly wanted: string;
    readonly found: string;
  },
): HeartlineError {
  const { field, wanted, found } = what;
  const guess =
    field === 'UID'
      ? 'The object might have been deleted and then recreated'
      : 'The object might have been modified';
  return about(
    target,
    'CONFLICT',
    `Operation cannot be fulfilled on ${kindWord(target.kind)} "${target.name}": the ${field} in the precondition (${wanted}) does not match the ${field} in record (${found}). ${guess}`,
  );
}

/** A resourceVersion that cannot be one. */
export function badVersion(target: Target, why: string): HeartlineError {
  return about(target, 'INVALID_ARGUMENT', `${describe(target)}: metadata.resourceVersion ${why}`);
}

/** A field that this change of the object must not have. */
export function invalidField(target: Target, problem: FieldProblem): HeartlineError {
  const { kind, name: subject } = target;
  const message = `${kindWord(kind)} "${subject}" is invalid: ${problem.field}: ${problem.message}`;
  return new HeartlineError('INVALID_OBJECT', message, { subject, problems: [problem] });
}

function about(
  target: Target,
  code: 'NOT_FOUND' | 'ALREADY_EXISTS' | 'CONFLICT' | 'INVALID_ARGUMENT',
  message: string,
): HeartlineError {
  return new HeartlineError(code, message, { subject: target.name });
}

/** `agentgatewaypolicies.agentgateway.dev "name"`. */
function describe({ kind, name }: Target): string {
  return `${resourceWord(kind)} "${name}"`;
}
