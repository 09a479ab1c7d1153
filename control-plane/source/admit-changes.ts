// SPDX-License-Identifier: Apache-2.0
import { type FieldProblem, HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Admission } from '../policy/admission.js';
import type { LintContext } from '../policy/lint/lint-object.js';
import { isJsonObject } from '../policy/structural-schema.js';
import type { ApplyRequest, ObjectChange } from './object-door.js';
import type { AdmittedChange } from './plan-change.js';

export interface Admitted {
  readonly change: AdmittedChange;
  readonly warnings: readonly string[];
}

/**
 * Validates every change before any is planned. One bad object is refused as admission says it; several
 * are refused together, each problem under the name of its object.
 */
export function admitChanges(
  admission: Admission,
  request: ApplyRequest,
  lint: LintContext,
): readonly Admitted[] {
  refuseRepeats(request.changes);
  const admitted: Admitted[] = [];
  const refused: { readonly change: ObjectChange; readonly error: HeartlineError }[] = [];
  for (const change of request.changes) {
    try {
      admitted.push(admitChange(admission, change, request, lint));
    } catch (error) {
      if (!(error instanceof HeartlineError)) throw error;
      refused.push({ change, error });
    }
  }
  const [first, second] = refused;
  if (first === undefined) return admitted;
  if (second === undefined) throw first.error;
  throw new HeartlineError(
    refused.some(({ error }) => error.code === 'INVALID_OBJECT')
      ? 'INVALID_OBJECT'
      : first.error.code,
    `${refused.length} of ${request.changes.length} objects are invalid: ${refused.map(({ error }) => error.message).join('; ')}`,
    {
      problems: refused.flatMap(({ change, error }) => problemsUnder(describe(change), error)),
      cause: first.error,
    },
  );
}

function admitChange(
  admission: Admission,
  change: ObjectChange,
  { fieldValidation }: ApplyRequest,
  lint: LintContext,
): Admitted {
  if (change.verb === 'delete') return { change, warnings: [] };
  const sent = change.kind.namespaced
    ? withNamespace(change.object, change.namespace)
    : change.object;
  const { object, warnings } = admission.admit(change.kind, sent, { fieldValidation, lint });
  for (const field of ['name', 'namespace'] as const) {
    if ((object.metadata[field] ?? '') === change[field]) continue;
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `${describe(change)}: metadata.${field} of the object is ${JSON.stringify(object.metadata[field])}, the request says ${JSON.stringify(change[field])}`,
      { subject: change.name },
    );
  }
  return { change: { ...change, object }, warnings };
}

/** An object may leave out its namespace when the request names it. */
function withNamespace(object: unknown, namespace: string): unknown {
  if (!isJsonObject(object) || !isJsonObject(object['metadata'])) return object;
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, namespace: metadata['namespace'] ?? namespace } };
}

/** One transaction cannot say in which order two changes of one object were meant. */
function refuseRepeats(changes: readonly ObjectChange[]): void {
  const seen = new Set<string>();
  for (const change of changes) {
    const name = describe(change);
    if (seen.has(name)) {
      throw new HeartlineError(
        'INVALID_ARGUMENT',
        `${name} is in the request twice: send one change for each object`,
        { subject: change.name },
      );
    }
    seen.add(name);
  }
}

function problemsUnder(name: string, error: HeartlineError): readonly FieldProblem[] {
  if (error.problems.length === 0) return [{ field: name, message: error.message }];
  return error.problems.map((problem) => ({ ...problem, field: `${name}: ${problem.field}` }));
}

function describe({ kind, namespace, name }: ObjectChange): string {
  return kind.namespaced ? `${kind.kind} ${namespace}/${name}` : `${kind.kind} ${name}`;
}
