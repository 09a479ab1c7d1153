// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import { compareText } from '../../shared/names/sort.js';
import type { JsonValue } from '../log/transaction.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { attachmentErrors } from './attachment-errors.js';
import { type Finding, finding, mergeFindings, stampConditions } from './conditions.js';
import type { Claim } from './election.js';
import { countInForce, findInForce, type GatewayFacts, type WorkerCount } from './gateway-facts.js';
import { findAccepted } from './policy-findings.js';
import type { CompiledPolicy } from './policy-parts.js';
import type { PolicyTarget } from './policy-targets.js';
import { CONTROLLER_NAME, conditionsOf, foreignEntries, ownConditions } from './previous-status.js';
import type { TargetLookup } from './target-lookup.js';

/** Gateway API limit of PolicyStatus.ancestors. */
const MAX_ANCESTORS = 16;
/** Where agentgateway reports what is about no single Gateway. */
const SUMMARY_REF = { group: 'agentgateway.dev', name: 'StatusSummary' };

export interface PolicyStatusInput {
  readonly policy: KubeObject;
  readonly compiled: CompiledPolicy;
  readonly targets: readonly PolicyTarget[];
  /** Every claim of the policy, on every gateway. */
  readonly claims: readonly Claim[];
  /** Knows our Gateways only. */
  readonly lookup: TargetLookup;
  readonly gatewayFacts: (gateway: NamespacedName) => GatewayFacts | undefined;
  readonly previous: JsonValue | undefined;
  readonly now: string;
}

interface Ancestor {
  readonly ref: { readonly [key: string]: string };
  readonly findings: readonly Finding[];
  /** Workers of the Gateway, where the policy is sent to one. */
  readonly workers?: WorkerCount;
}

/** Gateway API PolicyStatus with one ancestor for each Gateway, plus top-level conditions that sum them up. */
export function policyStatus(input: PolicyStatusInput): JsonValue {
  const { policy, previous, now } = input;
  const generation = policy.metadata.generation;
  const foreign = foreignEntries(previous, 'ancestors');
  const all = ancestorsOf(input);
  const ancestors = limit(all, Math.max(1, MAX_ANCESTORS - foreign.length));
  const own = ancestors.map(({ ref, findings }) => ({
    ancestorRef: ref,
    controllerName: CONTROLLER_NAME,
    conditions: stampConditions(findings, {
      generation,
      now,
      previous: ownConditions(previous, 'ancestors', ref),
    }),
  }));
  const summary = summarize(ancestors.flatMap(({ findings }) => findings));
  const stamp = { generation, now, previous: conditionsOf(previous) };
  return {
    ancestors: [...foreign, ...own],
    conditions: stampConditions(summary, stamp),
    inForce: sayWorkers(all.flatMap(({ workers }) => workers ?? [])),
  } as unknown as JsonValue;
}

function ancestorsOf(input: PolicyStatusInput): readonly Ancestor[] {
  const { targets, claims } = input;
  const { errors, broken } = attachmentErrors(input.policy, targets, input.lookup);
  const attached = new Map<string, { gateway: NamespacedName; claims: Claim[] }>();
  for (const target of targets) {
    if (broken.has(target)) continue;
    const id = `${target.gateway.namespace}/${target.gateway.name}`;
    const entry = attached.get(id) ?? { gateway: target.gateway, claims: [] };
    entry.claims.push(...claims.filter((claim) => claim.target === target));
    attached.set(id, entry);
  }
  const gateways = [...attached.entries()].sort(([a], [b]) => compareText(a, b));
  const result = gateways.map(([, entry]) => gatewayAncestor(input, entry.gateway, entry.claims));
  if (errors.length > 0 || result.length === 0) {
    const pending = claims.filter((claim) => broken.has(claim.target));
    result.push(summaryAncestor(input.compiled, pending, errors));
  }
  return result;
}

function gatewayAncestor(
  { policy, compiled, gatewayFacts }: PolicyStatusInput,
  gateway: NamespacedName,
  claims: readonly Claim[],
): Ancestor {
  const ref = {
    group: 'gateway.networking.k8s.io',
    kind: 'Gateway',
    namespace: gateway.namespace,
    name: gateway.name,
  };
  const accepted = findAccepted(compiled, claims);
  if (!claims.some((claim) => claim.winner === undefined)) {
    return { ref, findings: [accepted, ...nothingSent(accepted.reason)] };
  }
  const attached = finding(
    'Attached',
    'True',
    'Attached',
    'attached to every target on this Gateway',
  );
  const { namespace, name } = objectName(policy);
  const isOurs = (resource: string): boolean =>
    ['frontend', 'backend'].some((side) =>
      resource.startsWith(`policy/${side}/${namespace}/${name}:`),
    );
  const facts = gatewayFacts(gateway);
  return {
    ref,
    findings: [accepted, attached, findInForce(gateway, facts, isOurs)],
    workers: countInForce(facts, isOurs),
  };
}

/** `2/3`: workers that have the policy in force, of the live workers of every Gateway it is sent to. */
function sayWorkers(counts: readonly WorkerCount[]): string {
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return `${sum(counts.map(({ inForce }) => inForce))}/${sum(counts.map(({ live }) => live))}`;
}

function nothingSent(reason: string): readonly Finding[] {
  const message = 'nothing of the policy is sent to this Gateway';
  return [
    finding('Attached', 'False', 'Pending', message),
    finding('InForce', 'False', reason, message),
  ];
}

function summaryAncestor(
  compiled: CompiledPolicy,
  pending: readonly Claim[],
  errors: readonly string[],
): Ancestor {
  const why = compiled.parts.length > 0 ? errors : ['nothing of the policy can be sent', ...errors];
  const message = `not attached: ${why.join('\n')}`;
  return {
    ref: SUMMARY_REF,
    findings: [
      findAccepted(compiled, pending),
      finding('Attached', 'False', 'Pending', message),
      finding('InForce', 'False', 'Pending', message),
    ],
  };
}

/** Past the room that other controllers leave, the last place says how many are left out. */
function limit(ancestors: readonly Ancestor[], room: number): readonly Ancestor[] {
  if (ancestors.length <= room) return ancestors;
  const kept = ancestors.slice(0, room - 1);
  const left = ancestors.slice(room - 1);
  const message = `${left.length} Gateways are left out: a status holds at most ${MAX_ANCESTORS} ancestors`;
  const findings = [
    ...summarize(left.flatMap((ancestor) => ancestor.findings)),
    finding('StatusSummarized', 'True', 'StatusSummary', message),
  ];
  return [...kept, { ref: SUMMARY_REF, findings }];
}

/** The reason of each type that has nothing more to say. */
const PLAIN_REASON = { Accepted: 'Valid', Attached: 'Attached', InForce: 'InForce' } as const;

function summarize(findings: readonly Finding[]): readonly Finding[] {
  return Object.entries(PLAIN_REASON).flatMap(([type, plainReason]) => {
    const ofType = findings.filter((one) => one.type === type);
    return mergeFindings(ofType, plainReason) ?? [];
  });
}
