// SPDX-License-Identifier: Apache-2.0
import { type FieldProblem, HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Admission } from '../policy/admission.js';
import type { LintContext } from '../policy/lint/lint-object.js';
import { isJsonObject } from '../policy/structural-schema.js';
import { checkIdentity } from './identity.js';
import { type ApplyRequest, isPatch, type ObjectChange, type ObjectPatch } from './object-door.js';
import { statusChange } from './patched-change.js';
import type { Admitted } from './plan-change.js';

/** A change whose object is checked; a patch has none before it meets the stored object. */
export type Prepared = Admitted | { readonly change: ObjectPatch };

/**
 * Validates every change before any is planned. One bad object is refused as admission says it; several
 * are refused together, each problem under the name of its object.
 */
export function admitChanges(
  admission: Admission,
  request: ApplyRequest,
  lint: LintContext,
): readonly Prepared[] {
  refuseRepeats(request.changes);
  const admitted: Prepared[] = [];
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
): Prepared {
  if (change.verb === 'delete') return { change, warnings: [] };
  if (isPatch(change)) return { change };
  const { verb, object: raw, duplicateFields = [], ...target } = change;
  const sent = change.kind.namespaced ? withNamespace(raw, change.namespace) : raw;
  checkIdentity(change, sent);
  const options = { fieldValidation, lint, duplicateFields };
  const metadata = isJsonObject(sent) ? sent['metadata'] : undefined;
  if (verb === 'replace-status') {
    const { status, warnings } = admission.admitStatus(change.kind, sent, options);
    return { change: statusChange(target, metadata ?? null, status), warnings };
  }
  const { object, warnings } = admission.admit(change.kind, sent, options);
  const sentManagers = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  return { change: { ...target, verb, object, sentManagers }, warnings };
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
