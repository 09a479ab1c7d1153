// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseDocument } from 'yaml';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { packageRoot } from '../../shared/process/package-root.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import type { JsonValue } from '../log/transaction.js';
import { compileRules, type RuleTree } from './cel-rules.js';
import { toCelValue } from './cel-value.js';
import { findKind } from './kinds.js';
import { loadCrds } from './load-crds.js';
import { normalize } from './normalize.js';
import { isJsonObject } from './structural-schema.js';

/**
 * Each file of testdata/ holds the cases of one kind. A case is a `spec` that replaces the spec of `object`
 * (or a whole `object`), and the `answer`: the admitted spec (the whole body of a kind without) and its warnings, or the code and the problems.
 * HEARTLINE_UPDATE_GOLDENS=1 writes the answers anew, HEARTLINE_GOLDEN=name runs the cases of that name.
 */
interface CaseFile {
  readonly object: { readonly kind: string };
  readonly cases: readonly GoldenCase[];
}

interface GoldenCase {
  readonly name: string;
  readonly spec?: JsonValue;
  readonly object?: JsonValue;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  readonly answer?: unknown;
}

const root = packageRoot(import.meta.url);
const folder = join(root, 'control-plane/policy/testdata');
const schemaDirs = ['deploy/crds', 'deploy/built-in-kinds'].map((dir) => join(root, dir));
const admission = crdAdmission();
const only = process.env['HEARTLINE_GOLDEN'];
const isUpdate = process.env['HEARTLINE_UPDATE_GOLDENS'] === '1';
const files = readdirSync(folder).sort();

for (const file of files) {
  describe(`goldens of admission: ${file}`, () => {
    const path = join(folder, file);
    const document = parseDocument(readFileSync(path, 'utf8'));
    const { object, cases } = document.toJS() as CaseFile;
    cases.forEach((golden, index) => {
      if (only !== undefined && only !== golden.name) return;
      it(golden.name, () => {
        const answer = admit(object, golden);
        if (!isUpdate) assert.deepEqual(golden.answer, answer);
        document.setIn(['cases', index, 'answer'], document.createNode(answer));
      });
    });
    if (isUpdate) it('is written', () => writeFileSync(path, document.toString({ lineWidth: 0 })));
  });
}

function objectOf(base: CaseFile['object'], golden: GoldenCase): unknown {
  if (golden.object !== undefined) return golden.object;
  return golden.spec === undefined ? base : { ...base, spec: golden.spec };
}

function admit(base: CaseFile['object'], golden: GoldenCase): unknown {
  const kind = findKind(base.kind);
  assert.ok(kind, base.kind);
  const { fieldValidation = 'Strict' } = golden;
  try {
    const { object, warnings } = admission.admit(kind, objectOf(base, golden), { fieldValidation });
    const { apiVersion: _, kind: __, metadata: ___, ...body } = object;
    return {
      ...(body.spec === undefined ? { body } : body),
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  } catch (error) {
    if (!(error instanceof HeartlineError)) throw error;
    const problems = error.problems.map(
      ({ field, message, reason }) => `${field}: ${message} (${reason})`,
    );
    return problems.length === 0
      ? { code: error.code, message: error.message }
      : { code: error.code, problems };
  }
}

describe('rules of the CRD files', () => {
  const outcomes = evaluateEveryCase();
  for (const [rule, { kept, broken }] of [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    it(`has a valid and an invalid golden: ${rule}`, () => {
      assert.ok(kept > 0, 'no admitted case comes to this rule; add one to testdata');
      assert.ok(broken > 0, 'no refused case breaks this rule; add one to testdata');
    });
  }
});

interface Outcomes {
  kept: number;
  broken: number;
}

/** How often each rule held in an admitted case, and was the reason of a refusal. */
function evaluateEveryCase(): ReadonlyMap<string, Outcomes> {
  const outcomes = new Map<string, Outcomes>();
  for (const { spec } of loadCrds(...schemaDirs)) {
    const schema = spec.versions[0]?.schema.openAPIV3Schema ?? {};
    const tree = compileRules(schema);
    if (tree === undefined) continue;
    listRules(tree, spec.names.kind, outcomes);
    for (const file of files) {
      const { object, cases } = parseDocument(
        readFileSync(join(folder, file), 'utf8'),
      ).toJS() as CaseFile;
      if (object.kind !== spec.names.kind) continue;
      for (const golden of cases) {
        const answer = JSON.stringify(admit(object, golden));
        const { value } = normalize(schema, objectOf(object, golden) as JsonValue);
        countRules(tree, value, spec.names.kind, answer, outcomes);
      }
    }
  }
  return outcomes;
}

function listRules(tree: RuleTree, path: string, outcomes: Map<string, Outcomes>): void {
  for (const { rule } of tree.rules) outcomes.set(ruleId(path, rule.rule), { kept: 0, broken: 0 });
  for (const [name, next] of tree.properties) listRules(next, `${path}.${name}`, outcomes);
  for (const next of [tree.items, tree.additional])
    if (next) listRules(next, `${path}[]`, outcomes);
}

function countRules(
  tree: RuleTree,
  value: JsonValue,
  path: string,
  answer: string,
  outcomes: ReadonlyMap<string, Outcomes>,
): void {
  for (const { rule, holds } of tree.rules) {
    const outcome = outcomes.get(ruleId(path, rule.rule));
    assert.ok(outcome);
    const isAdmitted = /^\{"(?:spec|body)":/.test(answer);
    if (holds(toCelValue(tree.schema, value))) outcome.kept += isAdmitted ? 1 : 0;
    else if (answer.includes(JSON.stringify(rule.message).slice(1, -1))) outcome.broken += 1;
  }
  if (Array.isArray(value)) {
    const { items } = tree;
    if (items) for (const item of value) countRules(items, item, `${path}[]`, answer, outcomes);
  } else if (isJsonObject(value)) {
    for (const [name, next] of tree.properties) {
      const field = value[name];
      if (field !== undefined) countRules(next, field, `${path}.${name}`, answer, outcomes);
    }
  }
}

function ruleId(path: string, rule: string): string {
  return `${path}: ${rule}`;
}
