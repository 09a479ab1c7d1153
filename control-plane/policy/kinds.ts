// SPDX-License-Identifier: Apache-2.0

/** A served kind: how it is named in paths, in YAML and at the prompt. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
}

const AGENTGATEWAY = { group: 'agentgateway.dev', version: 'v1alpha1' } as const;
const GATEWAY_API = { group: 'gateway.networking.k8s.io' } as const;

/** Every kind the control plane reads, sorted by group and kind. Later issues add rows. */
export const KINDS: readonly Kind[] = [
  {
    ...AGENTGATEWAY,
    kind: 'AgentgatewayBackend',
    plural: 'agentgatewaybackends',
    singular: 'agentgatewaybackend',
    shortNames: ['agbe'],
    namespaced: true,
  },
  {
    ...AGENTGATEWAY,
    kind: 'AgentgatewayPolicy',
    plural: 'agentgatewaypolicies',
    singular: 'agentgatewaypolicy',
    shortNames: ['agpol'],
    namespaced: true,
  },
  {
    ...GATEWAY_API,
    version: 'v1',
    kind: 'Gateway',
    plural: 'gateways',
    singular: 'gateway',
    shortNames: ['gtw'],
    namespaced: true,
  },
  {
    ...GATEWAY_API,
    version: 'v1',
    kind: 'HTTPRoute',
    plural: 'httproutes',
    singular: 'httproute',
    shortNames: [],
    namespaced: true,
  },
  {
    ...GATEWAY_API,
    version: 'v1alpha2',
    kind: 'TCPRoute',
    plural: 'tcproutes',
    singular: 'tcproute',
    shortNames: [],
    namespaced: true,
  },
];

/** By kind, plural, singular or short name, in any case, as kubectl resolves it. */
export function findKind(word: string): Kind | undefined {
  const wanted = word.toLowerCase();
  return KINDS.find(
    (kind) =>
      kind.kind.toLowerCase() === wanted ||
      kind.plural === wanted ||
      kind.singular === wanted ||
      kind.shortNames.includes(wanted),
  );
}

export function findKindByPath(group: string, version: string, plural: string): Kind | undefined {
  return KINDS.find((k) => k.group === group && k.version === version && k.plural === plural);
}

export function apiVersionOf(kind: Kind): string {
  return `${kind.group}/${kind.version}`;
}

/** Store key of an object: `objects/<group>/<plural>/<namespace>/<name>`. */
export function objectKey(kind: Kind, namespace: string, name: string): string {
  return `${objectPrefix(kind)}${namespace}/${name}`;
}

/** Store prefix of all objects of a kind. */
export function objectPrefix(kind: Kind): string {
  return `objects/${kind.group}/${kind.plural}/`;
}

/** Store key of an object's status; its own key, so that it never bumps a generation. */
export function statusKey(kind: Kind, namespace: string, name: string): string {
  return `status/${kind.group}/${kind.plural}/${namespace}/${name}`;
}
