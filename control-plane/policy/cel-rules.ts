// SPDX-License-Identifier: Apache-2.0
import { type CelEnv, type CelInput, celEnv, parse, plan } from '@bufbuild/cel';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { JsonValue } from '../log/transaction.js';
import { toCelValue } from './cel-value.js';
import type { FieldPath } from './field-path.js';
import { isJsonObject, type StructuralSchema, type ValidationRule } from './structural-schema.js';

/** A rule that does not hold for one value. */
export interface RuleFailure {
  readonly path: FieldPath;
  readonly value: JsonValue;
  readonly message: string;
}

interface CompiledRule {
  readonly rule: ValidationRule;
  readonly holds: (self: CelInput) => boolean;
}

/** A schema node that carries rules, or leads to one that does. */
export interface RuleTree {
  readonly schema: StructuralSchema;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleTree>;
  readonly items: RuleTree | undefined;
  readonly additional: RuleTree | undefined;
}

/** Compiles every rule of a schema once; undefined when there is none. */
export function compileRules(
  schema: StructuralSchema,
  env: CelEnv = celEnv(),
): RuleTree | undefined {
  const properties = new Map<string, RuleTree>();
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const tree = compileRules(field, env);
    if (tree) properties.set(name, tree);
  }
  const items = schema.items && compileRules(schema.items, env);
  const additional = schema.additionalProperties && compileRules(schema.additionalProperties, env);
  const rules = (schema['x-kubernetes-validations'] ?? []).map((rule) => compileRule(rule, env));
  if (rules.length === 0 && properties.size === 0 && !items && !additional) return undefined;
  return { schema, rules, properties, items, additional };
}

function compileRule(rule: ValidationRule, env: CelEnv): CompiledRule {
  try {
    const evaluate = plan(env, parse(rule.rule)) as (context: { self: CelInput }) => unknown;
    return { rule, holds: (self) => evaluate({ self }) === true };
  } catch (cause) {
    const message = `the CEL rule does not compile: ${rule.rule}`;
    throw new HeartlineError('CONFIG', message, { subject: rule.rule, cause });
  }
}

/**
 * Every rule that fails. A rule is skipped when the value it looks at is malformed already (`isBroken`):
 * its answer would mean nothing, and the schema's own problem is reported.
 */
export function evaluateRules(
  tree: RuleTree,
  value: JsonValue,
  path: FieldPath,
  isBroken: (path: FieldPath) => boolean,
): readonly RuleFailure[] {
  const failures: RuleFailure[] = [];
  visit(tree, value, path, isBroken, failures);
  return failures;
}

function visit(
  tree: RuleTree,
  value: JsonValue,
  path: FieldPath,
  isBroken: (path: FieldPath) => boolean,
  failures: RuleFailure[],
): void {
  if (tree.rules.length > 0 && !isBroken(path)) checkRules(tree, value, path, failures);
  if (Array.isArray(value)) {
    const { items } = tree;
    if (items === undefined) return;
    value.forEach((item, index) => {
      visit(items, item, [...path, index], isBroken, failures);
    });
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [key, field] of Object.entries(value)) {
    const next = tree.properties.get(key) ?? tree.additional;
    if (next && field !== undefined) visit(next, field, [...path, key], isBroken, failures);
  }
}

function checkRules(
  tree: RuleTree,
  value: JsonValue,
  path: FieldPath,
  failures: RuleFailure[],
): void {
  const self = toCelValue(tree.schema, value);
  for (const { rule, holds } of tree.rules) {
    if (holds(self)) continue;
    const suffix = rule.fieldPath?.split('.').filter((step) => step !== '') ?? [];
    failures.push({
      path: [...path, ...suffix],
      value,
      message: rule.message ?? `must satisfy ${rule.rule}`,
    });
  }
}
