// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type {
  FrontendPolicySpec__Output as Frontend,
  _agentgateway_dev_resource_FrontendPolicySpec_ProxyProtocol__Output as WireProxyProtocol,
} from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import type { Policy__Output as Policy } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import type { AccessRules, HttpSettings, ProxyProtocolPlan, TcpKeepalive } from '../engine/plan.js';
import type { Diagnostic } from './diagnostic.js';
import { groupBy, type Named } from './held-index.js';
import { DEFAULT_HTTP, httpSettings } from './http-values.js';
import { keepaliveValues } from './keepalive-values.js';

/** A frontend policy of the worker's own Gateway. */
export interface GatewayFrontend {
  readonly name: string;
  readonly key: string;
  /** Undefined: every port of the Gateway. */
  readonly port: number | undefined;
  /** Undefined: every listener. */
  readonly listener: string | undefined;
  readonly frontend: Frontend;
}

/** Values of one port, and where they come from. */
export interface FrontendValues {
  readonly tcp: TcpKeepalive;
  readonly http: HttpSettings;
  readonly proxyProtocol?: ProxyProtocolPlan;
  readonly access?: AccessRules;
  /** Sorted. */
  readonly policyKeys: readonly string[];
}

/** Frontend policies of `gateway`, in the order of `policies`; those of others are nobody's business here. */
export function gatewayFrontends(
  policies: readonly Named<Policy>[],
  gateway: NamespacedName,
): GatewayFrontend[] {
  const found: GatewayFrontend[] = [];
  for (const { name, key, value } of policies) {
    const target = value.target?.gateway;
    if (value.frontend === undefined || target === undefined) continue;
    if (target.name !== gateway.name || target.namespace !== gateway.namespace) continue;
    const { port, listener } = target;
    found.push({ name, key, port, listener, frontend: value.frontend });
  }
  return found;
}

/**
 * Per kind a policy of the port beats one of the Gateway, as a whole block (reference §2.4); of several with the same target
 * the lowest key wins. Access rules alone add up. `frontends` is sorted by key.
 */
export function frontendValues(
  frontends: readonly GatewayFrontend[],
  port: number,
  systemDefault: TcpKeepalive,
): FrontendValues {
  const pick = (kind: BlockKind): GatewayFrontend | undefined => {
    const ofKind = frontends.filter(
      (policy) => policy.frontend.kind === kind && policy.listener === undefined,
    );
    return (
      ofKind.find((policy) => policy.port === port) ??
      ofKind.find((policy) => policy.port === undefined)
    );
  };
  const tcp = pick('tcp');
  const http = pick('http');
  const proxy = pick('proxyProtocol');
  const access = frontends.filter(
    (policy) =>
      policy.frontend.kind === 'networkAuthorization' &&
      policy.listener === undefined &&
      (policy.port === undefined || policy.port === port),
  );
  const rules = accessRules(access);
  return {
    tcp: tcp === undefined ? systemDefault : keepaliveValues(tcp.frontend.tcp?.keepalives),
    http: http === undefined ? DEFAULT_HTTP : httpSettings(http.frontend.http ?? {}),
    ...(proxy && { proxyProtocol: proxyProtocolPlan(proxy.frontend.proxyProtocol ?? {}) }),
    ...(rules && { access: rules }),
    policyKeys: [tcp, http, proxy, ...access].flatMap((policy) => policy?.key ?? []).sort(),
  };
}

/** Kinds of which one policy holds on a port. */
type BlockKind = 'tcp' | 'http' | 'proxyProtocol';
const BLOCK_KINDS: ReadonlySet<string | undefined> = new Set<BlockKind>([
  'tcp',
  'http',
  'proxyProtocol',
]);

const VERSIONS = { V1: 'v1', V2: 'v2', ALL: 'all' } as const;

/** A value of an enum that this build does not know was refused when it came (validate-resource). */
function proxyProtocolPlan({ version, mode }: WireProxyProtocol): ProxyProtocolPlan {
  return {
    versions: VERSIONS[version as keyof typeof VERSIONS] ?? 'v2',
    mode: mode === 'OPTIONAL' ? 'optional' : 'strict',
  };
}

/** All rules of all policies; undefined when there are none, which lets everybody in. */
function accessRules(policies: readonly GatewayFrontend[]): AccessRules | undefined {
  const lists = policies.flatMap(({ frontend }) => frontend.networkAuthorization ?? []);
  const allow = lists.flatMap((list) => list.allow);
  const deny = lists.flatMap((list) => list.deny);
  const require = lists.flatMap((list) => list.require);
  const isEmpty = allow.length + deny.length + require.length === 0;
  return isEmpty ? undefined : { allow, deny, require };
}

/** Policies that were accepted and have no effect: beaten by an equal one, or attached where no values are read. */
export function unusedFrontends(frontends: readonly GatewayFrontend[]): Diagnostic[] {
  const served = frontends.filter(({ frontend: { kind } }) => BLOCK_KINDS.has(kind));
  const unused: Diagnostic[] = [];
  const warn = (key: string, message: string): void => {
    unused.push({ key, severity: 'warn', message });
  };
  for (const { name, frontend, listener } of served) {
    // What restricts access and is attached there closes the port, and says so.
    if (listener === undefined || frontend.kind === 'proxyProtocol') continue;
    warn(
      name,
      `frontend.${frontend.kind} on listener ${listener} has no effect: attach it to the Gateway or to a port`,
    );
  }
  const attached = served.filter(({ listener }) => listener === undefined);
  const slots = groupBy(attached, ({ frontend, port }) => `${frontend.kind} ${port ?? ''}`);
  for (const [winner, ...losers] of slots.values()) {
    for (const loser of losers) {
      warn(
        loser.name,
        `has no effect: ${winner?.key} has the same kind and target, and the lower key wins`,
      );
    }
  }
  return unused;
}
