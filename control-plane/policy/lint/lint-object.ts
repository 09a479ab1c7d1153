// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../kube-object.js';
import { objectName } from '../object-name.js';
import { policySpec } from '../policy-spec.js';
import { inFrontOf, type Product } from './products.js';
import type { FindGateway, LintRule, Severity, Surroundings } from './rule.js';
import { RULES } from './rules.js';

export interface Finding {
  /** Id of the rule. */
  readonly rule: string;
  readonly severity: Severity;
  /** Path from the object's root. */
  readonly field: string;
  readonly message: string;
}

/** What the caller knows beside the object. */
export interface LintContext {
  /** A Gateway that a policy may name: its listeners, and what it says is in front. Default: none is known. */
  readonly findGateway?: FindGateway;
  /** Where neither the policy nor its Gateways say what is in front. Default: not known. */
  readonly inFront?: readonly Product[];
}

type RulesOfKinds = ReadonlyMap<string, readonly LintRule[]>;

const EVERY_RULE = byKind(RULES);
/** Those whose hits may be warnings: all that a write has to look at. */
const WARNINGS = byKind(RULES.filter(({ severity, raised }) => severity === 'warning' || raised));

function byKind(rules: readonly LintRule[]): RulesOfKinds {
  const kinds = new Set(rules.map(({ kind }) => kind));
  return new Map([...kinds].map((kind) => [kind, rules.filter((rule) => rule.kind === kind)]));
}

/** Everything there is to say about one admitted object, in the order of the rules. Pure. */
export function lintObject(object: KubeObject, context: LintContext = {}): readonly Finding[] {
  return runRules(EVERY_RULE.get(object.kind), object, context);
}

/** What admission says about it: warnings alone, each `field: sentence`. */
export function admissionWarnings(
  object: KubeObject,
  context: LintContext = {},
): readonly string[] {
  return runRules(WARNINGS.get(object.kind), object, context)
    .filter(({ severity }) => severity === 'warning')
    .map(({ field, message }) => `${field}: ${message}`);
}

function runRules(
  rules: readonly LintRule[] | undefined,
  object: KubeObject,
  context: LintContext,
): readonly Finding[] {
  if (rules === undefined) return [];
  const { findGateway } = context;
  const surroundings: Surroundings = {
    inFront: findInFront(object, context),
    ...(findGateway === undefined ? {} : { findGateway }),
  };
  return rules.flatMap(({ id, severity, check }) =>
    check(object, surroundings).map((hit) => ({
      ...{ rule: id, severity: hit.severity ?? severity },
      ...{ field: hit.field, message: hit.message },
    })),
  );
}

/** The policy's own word comes first, then that of every Gateway it names, then the caller's. */
function findInFront(object: KubeObject, context: LintContext): readonly Product[] | undefined {
  const own = inFrontOf(object);
  if (own !== undefined || object.kind !== 'AgentgatewayPolicy') return own ?? context.inFront;
  const { namespace } = objectName(object);
  const said = (policySpec(object).targetRefs ?? [])
    .filter(({ kind }) => kind === 'Gateway')
    .map(({ name }) => context.findGateway?.(namespace, name))
    .map((gateway) => gateway && inFrontOf(gateway))
    .filter((products) => products !== undefined);
  return said.length === 0 ? context.inFront : [...new Set(said.flat())];
}
