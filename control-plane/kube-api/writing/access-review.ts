// SPDX-License-Identifier: Apache-2.0
import type { Identity } from '../../auth/identity.js';
import { isJsonObject } from '../../policy/structural-schema.js';
import type { ServedResource } from '../resources/served-resource.js';

/** What one identity may do: everything that a resource can do, port-forward only where its token says so. */
export type AccessRules = readonly ResourceRule[];

/** authorization.k8s.io/v1 ResourceRule. */
export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  /** `pods`, or `pods/portforward` for a subresource. */
  readonly resources: readonly string[];
}

/** Paths that everybody may read. */
const OPEN_PATHS: readonly string[] = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/metrics',
  '/openapi/*',
  '/readyz',
  '/version',
];

export const NON_RESOURCE_RULES = [{ verbs: ['get'], nonResourceURLs: OPEN_PATHS }] as const;

/** The verbs of a subresource. */
const SUBRESOURCE_VERBS: Readonly<Record<string, readonly string[]>> = {
  portforward: ['create', 'get'],
  status: ['get', 'patch', 'update'],
};

/** What the rules depend on. */
type AccessedResource = Pick<ServedResource, 'verbs' | 'subresources'> & {
  readonly kind: Pick<ServedResource['kind'], 'group' | 'plural'>;
};

export function accessRules(
  resources: readonly AccessedResource[],
  { mayPortForward }: Pick<Identity, 'mayPortForward'>,
): AccessRules {
  const isGranted = (subresource: string): boolean =>
    subresource !== 'portforward' || mayPortForward === true;
  return resources.flatMap(({ kind, verbs, subresources }) => {
    const apiGroups = [kind.group];
    return [
      { verbs, apiGroups, resources: [kind.plural] },
      ...subresources.filter(isGranted).map((name) => ({
        verbs: SUBRESOURCE_VERBS[name] ?? ['get'],
        ...{ apiGroups, resources: [`${kind.plural}/${name}`] },
      })),
    ];
  });
}

/** Answers the spec of a SelfSubjectAccessReview. */
export function isAllowed(rules: AccessRules, spec: unknown): boolean {
  if (!isJsonObject(spec)) return false;
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (isJsonObject(nonResourceAttributes)) {
    const { path = '', verb = '' } = nonResourceAttributes;
    return verb === 'get' && OPEN_PATHS.some((open) => matchesPath(open, String(path)));
  }
  if (!isJsonObject(resourceAttributes)) return false;
  const text = (field: string): string => String(resourceAttributes[field] ?? '');
  const [verb, group, subresource] = [text('verb'), text('group'), text('subresource')];
  const resource = subresource === '' ? text('resource') : `${text('resource')}/${subresource}`;
  return rules.some(
    (rule) =>
      rule.resources.includes(resource) &&
      rule.apiGroups.includes(group) &&
      rule.verbs.includes(verb),
  );
}

function matchesPath(open: string, path: string): boolean {
  return open.endsWith('*') ? path.startsWith(open.slice(0, -1)) : path === open;
}
