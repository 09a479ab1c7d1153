// SPDX-License-Identifier: Apache-2.0

/** A served kind: how it is named in paths, in YAML and at the prompt. */
export interface Kind {
  /** Empty for the core group (`v1`). */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** Names of groups of resources, such as `all`, by which kubectl gets several kinds at once. */
  readonly categories: readonly string[];
  readonly namespaced: boolean;
}

const AGENTGATEWAY = {
  group: 'agentgateway.dev',
  version: 'v1alpha1',
  categories: ['agentgateway'],
} as const;
const CORE = { group: '', version: 'v1', categories: [] } as const;
const GATEWAY_API = { group: 'gateway.networking.k8s.io', categories: ['gateway-api'] } as const;

/** Every kind the control plane reads, sorted by group and kind. */
export const KINDS: readonly Kind[] = [
  {
    ...CORE,
    kind: 'Namespace',
    plural: 'namespaces',
    singular: 'namespace',
    shortNames: ['ns'],
    namespaced: false,
  },
  {
    ...CORE,
    kind: 'Secret',
    plural: 'secrets',
    singular: 'secret',
    shortNames: [],
    namespaced: true,
  },
  {
    ...CORE,
    kind: 'Service',
    plural: 'services',
    singular: 'service',
    shortNames: ['svc'],
    categories: ['all'],
    namespaced: true,
  },
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
    group: 'discovery.k8s.io',
    version: 'v1',
    kind: 'EndpointSlice',
    plural: 'endpointslices',
    singular: 'endpointslice',
    shortNames: [],
    categories: [],
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
    kind: 'GatewayClass',
    plural: 'gatewayclasses',
    singular: 'gatewayclass',
    shortNames: ['gc'],
    namespaced: false,
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
    version: 'v1beta1',
    kind: 'ReferenceGrant',
    plural: 'referencegrants',
    singular: 'referencegrant',
    shortNames: ['refgrant'],
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

/** Groups of kinds that every Kubernetes server has. */
const BUILT_IN_GROUPS: ReadonlySet<string> = new Set(['', 'discovery.k8s.io']);

/** Whether Kubernetes has the kind without a CRD: its typed clients treat such a kind differently from custom resources. */
export function isBuiltIn({ group }: Kind): boolean {
  return BUILT_IN_GROUPS.has(group);
}

/** Whether a kind is core/v1 Namespace, what the others lie in. */
export function isNamespaceKind({ group, kind }: Kind): boolean {
  return group === '' && kind === 'Namespace';
}

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

export function apiVersionOf({ group, version }: Kind): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Where the API serves a kind's group: `/apis/<group>/<version>`, or `/api/v1` for the core group. */
export function apiPathOf(kind: Kind): string {
  return kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`;
}

/** `<plural>.<group>`, as Kubernetes names a resource in its messages. */
export function resourceWord({ group, plural }: Kind): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** `<Kind>.<group>`, as Kubernetes names a kind in messages about an object that is invalid. */
export function kindWord({ group, kind }: Kind): string {
  return group === '' ? kind : `${kind}.${group}`;
}

/** The part of a store key that stands for the group; the core group has no name, and Kubernetes calls it so. */
export function storeGroup({ group }: Kind): string {
  return group === '' ? 'core' : group;
}

/** The end of a message about an object: ` in namespace "x"`, and nothing for kinds without namespaces. */
export function inNamespace({ namespaced }: Kind, namespace: string): string {
  return namespaced ? ` in namespace "${namespace}"` : '';
}

/** Store key of an object: `objects/<group>/<plural>/<namespace>/<name>`; without a namespace that part is empty. */
export function objectKey(kind: Kind, namespace: string, name: string): string {
  return `${objectPrefix(kind)}${namespace}/${name}`;
}

/** Store prefix of all objects of a kind. */
export function objectPrefix(kind: Kind): string {
  return `objects/${storeGroup(kind)}/${kind.plural}/`;
}

/** Store key of an object's status; its own key, so that it never bumps a generation. */
export function statusKey(kind: Kind, namespace: string, name: string): string {
  return `status/${storeGroup(kind)}/${kind.plural}/${namespace}/${name}`;
}
