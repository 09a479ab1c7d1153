// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonValue } from '../../control-plane/log/transaction.js';
import { compileRules, type RuleTree } from '../../control-plane/policy/cel-rules.js';
import { toCelValue } from '../../control-plane/policy/cel-value.js';
import { normalize } from '../../control-plane/policy/normalize.js';
import {
  type Crd,
  isJsonObject,
  type StructuralSchema,
} from '../../control-plane/policy/structural-schema.js';
import type { AdmissionCase } from './admission-goldens.js';
import { admissionLimits } from './schema-limits.js';

export interface ObjectRulesInput {
  readonly schemas: readonly Crd[];
  readonly cases: readonly AdmissionCase[];
  readonly compileFolder: string;
}

/** Rules between fields with their cases, limits of fields, and the cases of the compiler: Markdown tables. */
export function renderObjectRules({ schemas, cases, compileFolder }: ObjectRulesInput): string {
  const rules = schemas.flatMap(({ spec }) => {
    const schema = spec.versions[0]?.schema.openAPIV3Schema ?? {};
    return ruleRows(spec.names.kind, schema, cases);
  });
  const limits = schemas.map(({ spec }) =>
    limitRow(spec.names.kind, spec.versions[0]?.schema.openAPIV3Schema ?? {}, cases),
  );
  return [
    '### Rules between fields (CEL), each kept by one golden and broken by another',
    '',
    ...table(['kind and field', 'rule', 'admitted', 'refused'], rules),
    '',
    '### Limits of fields',
    '',
    'Required, enum, pattern, length, bound and count: each is met by an admitted golden, and `policy/schema-limits.test.ts`',
    'sets that one value past the limit and wants it refused by name. Fields, limits and goldens of each kind:',
    '',
    ...table(['kind', 'fields', 'limits', 'admitted', 'refused'], limits),
    '',
    '### Cases of the compiler: objects in, resources and statuses out',
    '',
    ...table(['case', 'shows'], compileRows(compileFolder)),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)];
}

interface RuleRow {
  readonly field: string;
  readonly message: string;
  admitted: string;
  refused: string;
}

function ruleRows(
  kind: string,
  schema: StructuralSchema,
  cases: readonly AdmissionCase[],
): readonly (readonly string[])[] {
  const tree = compileRules(schema);
  if (tree === undefined) return [];
  const rows = new Map<string, RuleRow>();
  const own = cases.filter((one) => one.kind === kind);
  listRules(tree, kind, rows);
  for (const golden of own) {
    const { value } = normalize(schema, golden.object);
    countRules(tree, value, kind, golden, rows);
  }
  return [...rows.values()].map(({ field, message, admitted, refused }) => [
    `\`${field}\``,
    message,
    admitted,
    refused,
  ]);
}

function listRules(tree: RuleTree, field: string, rows: Map<string, RuleRow>): void {
  for (const { rule } of tree.rules) {
    const message = rule.message ?? rule.rule;
    rows.set(`${field}: ${rule.rule}`, { field, message, admitted: '', refused: '' });
  }
  for (const [name, next] of tree.properties) listRules(next, `${field}.${name}`, rows);
  for (const next of [tree.items, tree.additional]) if (next) listRules(next, `${field}[]`, rows);
}

function countRules(
  tree: RuleTree,
  value: JsonValue,
  field: string,
  golden: AdmissionCase,
  rows: ReadonlyMap<string, RuleRow>,
): void {
  for (const { rule, holds } of tree.rules) {
    const row = rows.get(`${field}: ${rule.rule}`);
    if (row === undefined) continue;
    const isBroken = golden.problems.some(({ message }) => message.includes(row.message));
    if (golden.isAdmitted && holds(toCelValue(tree.schema, value))) row.admitted ||= golden.name;
    else if (isBroken && !holds(toCelValue(tree.schema, value))) row.refused ||= golden.name;
  }
  if (Array.isArray(value)) {
    const { items } = tree;
    if (items) for (const item of value) countRules(items, item, `${field}[]`, golden, rows);
  } else if (isJsonObject(value)) {
    for (const [name, next] of tree.properties) {
      const inner = value[name];
      if (inner !== undefined) countRules(next, inner, `${field}.${name}`, golden, rows);
    }
  }
}

function limitRow(
  kind: string,
  schema: StructuralSchema,
  cases: readonly AdmissionCase[],
): readonly string[] {
  const limits = admissionLimits(schema);
  const own = cases.filter((one) => one.kind === kind);
  const admitted = own.filter(({ isAdmitted }) => isAdmitted);
  const counts = [new Set(limits.map(({ field }) => field)).size, limits.length, admitted.length];
  return [kind, ...counts.map(String), String(own.length - admitted.length)];
}

/** The first line of a case says what it shows. */
function compileRows(folder: string): readonly (readonly string[])[] {
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const [first = ''] = readFileSync(join(folder, file), 'utf8').split('\n');
      return [`\`${file.replace(/\.yaml$/, '')}\``, first.replace(/^# /, '')];
    });
}
