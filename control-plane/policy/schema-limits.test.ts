// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../shared/process/package-root.js';
import {
  type AdmissionCase,
  admissionCases,
  problemsOf,
} from '../../test/support/admission-goldens.js';
import { assertGeneratedBlock } from '../../test/support/generated-block.js';
import { renderObjectRules } from '../../test/support/object-rules.js';
import {
  admissionLimits,
  breakLimit,
  type LimitVisit,
  limitId,
  visitLimits,
} from '../../test/support/schema-limits.js';
import type { JsonValue } from '../log/transaction.js';
import { formatFieldPath } from './field-path.js';
import { loadCrds } from './load-crds.js';
import { normalize } from './normalize.js';
import type { StructuralSchema } from './structural-schema.js';

/**
 * Every limit of every schema (required, enum, pattern, lengths, bounds, counts) is met by an admitted golden;
 * the same golden with that one value past the limit is refused, and the answer names the field.
 */
const root = packageRoot(import.meta.url);
const cases = admissionCases();
const schemas = loadCrds(join(root, 'deploy/crds'), join(root, 'deploy/built-in-kinds'));

describe('limits of the schemas', () => {
  for (const { spec } of schemas) {
    const schema = spec.versions[0]?.schema.openAPIV3Schema ?? {};
    const admitted = cases.filter((one) => one.kind === spec.names.kind && one.isAdmitted);
    const visits = firstVisits(schema, admitted);
    it(`${spec.names.kind}: each has an admitted golden, and refuses what is past it`, () => {
      const limits = admissionLimits(schema).filter(
        ({ keyword, schema: own }) => keyword !== 'required' || own.default === undefined,
      );
      const wrong = limits.flatMap((limit) => {
        const visit = visits.get(limitId(limit));
        return visit === undefined ? `${limitId(limit)}: no admitted golden` : whatSlips(visit);
      });
      assert.deepEqual(wrong, []);
    });
  }
});

interface Met extends LimitVisit {
  readonly kind: string;
  /** With its defaults: they have limits too. */
  readonly object: JsonValue;
}

function firstVisits(
  schema: StructuralSchema,
  goldens: readonly AdmissionCase[],
): ReadonlyMap<string, Met> {
  const met = new Map<string, Met>();
  for (const golden of goldens) {
    const object = normalize(schema, golden.object).value;
    for (const visit of visitLimits(schema, object)) {
      const id = limitId(visit.limit);
      if (!met.has(id)) met.set(id, { ...visit, kind: golden.kind, object });
    }
  }
  return met;
}

function whatSlips(met: Met): readonly string[] {
  const problems = problemsOf(met.kind, breakLimit(met.object, met)) ?? [];
  const field = formatFieldPath(met.path);
  if (problems.some((problem) => problem.field === field)) return [];
  const found = problems.map((problem) => `${problem.field}: ${problem.message}`);
  return [`${limitId(met.limit)}: not refused at ${field}, but ${found.join('; ') || 'admitted'}`];
}

describe('the table of rules', () => {
  it('in control-plane/README.md is what the goldens say', () => {
    assertGeneratedBlock(
      join(root, 'control-plane/README.md'),
      'object-rules',
      renderObjectRules({
        schemas,
        cases,
        compileFolder: join(root, 'control-plane/compile/testdata'),
      }),
    );
  });
});
