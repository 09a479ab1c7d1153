// SPDX-License-Identifier: Apache-2.0
import type { Kind } from '../../policy/kinds.js';
import type { ServedResource } from '../resources/served-resource.js';
import type { ServedGroup, ServedVersion } from './served-groups.js';

/** apidiscovery.k8s.io: every resource of every group in one document, in the versions that clients ask for. */
export type AggregatedVersion = 'v2' | 'v2beta1';

const SUBRESOURCE_VERBS: ReadonlyMap<string, readonly string[]> = new Map([
  ['portforward', ['create', 'get']],
  ['status', ['get', 'patch', 'update']],
]);

/** metav1.APIVersions, the answer of `/api`. `address` is where this server was reached. */
export function coreVersions(groups: readonly ServedGroup[], address: string): object {
  const core = groups.find(({ group }) => group === '');
  return {
    kind: 'APIVersions',
    versions: core?.versions.map(({ version }) => version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

/** metav1.APIGroupList, the answer of `/apis`. */
export function groupList(groups: readonly ServedGroup[]): object {
  const named = groups.filter(({ group }) => group !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(describeGroup) };
}

/** metav1.APIGroup, the answer of `/apis/GROUP`. */
export function groupDocument(group: ServedGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group) };
}

function describeGroup({ group, versions }: ServedGroup) {
  const listed = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: listed, preferredVersion: listed[0] };
}

/** metav1.APIResourceList, the answer of `/api/v1` and `/apis/GROUP/VERSION`. */
export function resourceList(group: string, { version, resources }: ServedVersion): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: resources.flatMap(describeResource),
  };
}

function describeResource({ kind, verbs, subresources }: ServedResource): readonly object[] {
  const { plural, singular, namespaced } = kind;
  const own = {
    ...{ name: plural, singularName: singular, namespaced, kind: kind.kind, verbs },
    ...shortForms(kind),
  };
  const below = subresources.map((subresource) => ({
    ...{ name: `${plural}/${subresource}`, singularName: '', namespaced, kind: kind.kind },
    verbs: subresourceVerbs(subresource),
  }));
  return [own, ...below];
}

/** APIGroupDiscoveryList of the core group (`/api`) or of all others (`/apis`). */
export function aggregatedDiscovery(
  groups: readonly ServedGroup[],
  root: 'api' | 'apis',
  version: AggregatedVersion,
): object {
  const wanted = groups.filter(({ group }) => (group === '') === (root === 'api'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: wanted.map(({ group, versions }) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map((one) => ({
        version: one.version,
        resources: one.resources.map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
  };
}

function aggregatedResource({ kind, verbs, subresources }: ServedResource): object {
  const responseKind = { group: kind.group, version: kind.version, kind: kind.kind };
  const below = subresources.map((subresource) => ({
    ...{ subresource, responseKind },
    verbs: subresourceVerbs(subresource),
  }));
  return {
    resource: kind.plural,
    responseKind,
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs,
    ...shortForms(kind),
    ...(below.length === 0 ? {} : { subresources: below }),
  };
}

function subresourceVerbs(subresource: string): readonly string[] {
  return SUBRESOURCE_VERBS.get(subresource) ?? ['get'];
}

function shortForms({ shortNames, categories }: Kind) {
  return {
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}
