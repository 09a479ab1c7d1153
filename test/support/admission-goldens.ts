// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { JsonValue } from '../../control-plane/log/transaction.js';
import { findKind } from '../../control-plane/policy/kinds.js';
import { type FieldProblem, HeartlineError } from '../../shared/errors/heartline-error.js';
import { packageRoot } from '../../shared/process/package-root.js';
import { crdAdmission } from './crd-admission.js';

/** One case of control-plane/policy/testdata: an object as a user sends it. */
export interface AdmissionCase {
  readonly kind: string;
  readonly name: string;
  readonly object: JsonValue;
  readonly isAdmitted: boolean;
  /** Empty when it is admitted. */
  readonly problems: readonly FieldProblem[];
}

interface CaseFile {
  readonly object: { readonly kind: string };
  readonly cases: readonly {
    readonly name: string;
    readonly spec?: JsonValue;
    readonly object?: JsonValue;
  }[];
}

/** Every case of every kind, in the order of the files. */
export function admissionCases(): readonly AdmissionCase[] {
  const folder = join(packageRoot(import.meta.url), 'control-plane/policy/testdata');
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const { object: base, cases } = parseDocument(text).toJS() as CaseFile;
      return cases.map(({ name, spec, object }): AdmissionCase => {
        const given = object ?? (spec === undefined ? base : { ...base, spec });
        const problems = problemsOf(base.kind, given);
        return {
          ...{ kind: base.kind, name, object: given as JsonValue },
          isAdmitted: problems === undefined,
          problems: problems ?? [],
        };
      });
    });
}

/** What is wrong with an object, or undefined when it is admitted; unknown fields are dropped. */
export function problemsOf(word: string, object: unknown): readonly FieldProblem[] | undefined {
  const kind = findKind(word);
  assert.ok(kind, word);
  try {
    crdAdmission().admit(kind, object, { fieldValidation: 'Ignore' });
    return undefined;
  } catch (error) {
    if (error instanceof HeartlineError) return error.problems;
    throw error;
  }
}
